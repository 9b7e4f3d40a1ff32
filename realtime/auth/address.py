"""The address of a client, seen through as many proxies as are trusted."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from realtime.conf import config

_HOST_BITS: Final = 64


def client_address(*, peer: str, forwarded_for: str) -> str:
    """The client's IP address as text; empty if nobody knows it.

    ``peer`` is who opened the connection, ``forwarded_for`` the ``X-Forwarded-For`` header. Each trusted proxy appends who it
    heard from, so with ``config().trusted_proxies`` of them the client is that many from the right; what stands further left is
    anybody's claim.
    """
    trusted = config().trusted_proxies
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    if trusted and hops:
        return _normal(hops[-min(trusted, len(hops))]) or _normal(peer)
    return _normal(peer)


def address_in_scope(scope: Mapping[str, Any]) -> str:
    """The `client_address` of an ASGI scope."""
    forwarded = [value for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
    return client_address(
        peer=(scope.get("client") or ("", 0))[0] or "",
        forwarded_for=b",".join(forwarded).decode("latin-1"),
    )


def network_of(address: str) -> str:
    """Whom a limit counts: one IPv4 address, or the /64 that any host with IPv6 has to itself (RFC 6177)."""
    found = _parsed(address)
    if not isinstance(found, IPv6Address):
        return address
    return str(IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS))


def _normal(address: str) -> str:
    return str(_parsed(address) or "")


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 address that a server which listens to both kinds wrote as IPv6 is itself again."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    inner = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return inner or found

"""The address of a client, seen through as many proxies as are trusted."""

from __future__ import annotations

from ipaddress import ip_address

from realtime.conf import config


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


def _normal(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return ""

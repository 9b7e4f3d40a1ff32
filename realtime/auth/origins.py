"""Which web pages may open sockets: those of the own host and port, and the ones that are configured (RFC 6454)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int


def origin_allowed(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Whether a page of ``origin`` may connect to the server that it calls ``host`` (both as their headers have them).

    The scheme of the own origin doesn't matter: behind a proxy that ends TLS the server can't know it. ``"*"`` in ``allowed`` admits
    every origin that is well formed.
    """
    page = _parse(origin)
    if page is None:
        return False
    own = _parse(f"{page.scheme}://{host}")
    if own == page or "*" in allowed:
        return True
    return any(page == _parse(entry.rstrip("/")) for entry in allowed)


def _parse(origin: str) -> _Origin | None:
    """The parts of ``scheme://host[:port]``; None for anything else, ``null`` and opaque origins included."""
    if not origin.isascii() or not origin.isprintable() or set(origin) & set(" \\@?#%"):
        return None
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path:
        return None
    return _Origin(
        parts.scheme, parts.hostname, _DEFAULT_PORTS[parts.scheme] if port is None else port
    )

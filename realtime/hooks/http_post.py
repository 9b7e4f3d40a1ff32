"""A POST to an address that a person has typed in: never to private networks, never redirected, bounded in time and size."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from urllib.parse import urlsplit

from realtime.conf import config

TIMEOUT = 10.0
"""Seconds for all of it, from the look-up of the name to the last line of the answer's headers."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PostFailed(Exception):
    """There was no HTTP answer; the text says why."""


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The HTTP status of the answer.

    The name is looked up once and the connection goes to the address that was checked, so that a name which changes its
    address between the two can't lead inside.

    Raises:
        PostFailed: the URL is not allowed, or there is no answer within `TIMEOUT`.
    """
    deadline = monotonic() + TIMEOUT
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise PostFailed("only http and https URLs are called")
        if parts.username or parts.password:
            raise PostFailed("a URL with a user name is not called")
        address = _checked_address(parts.hostname, port)
        connection = _connection(parts.scheme, parts.hostname, port, address, deadline)
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        with _cut_after(connection, _left(deadline)):
            connection.request("POST", target, body, headers)
            return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PostFailed(f"{type(error).__name__}: {error}") from error


@contextmanager
def _cut_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cuts the connection when its time is up: a socket's own timeout starts anew with every byte."""
    sock = connection.sock

    def cut() -> None:
        with suppress(OSError):  # it was closed in this moment
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def _checked_address(host: str, port: int) -> str:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    if not config().hooks_to_private_addresses:
        for address in addresses:
            if not _is_public(address):
                raise PostFailed("addresses inside a private network are not called")
    return addresses[0]


def _is_public(address: str) -> bool:
    """Whether it is out on the Internet; of an IPv6 address that stands for an IPv4 one, whether that one is, too."""
    at = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(at, ipaddress.IPv6Address):
        inner = at.ipv4_mapped or at.sixtofour
        if at in _NAT64:
            inner = ipaddress.IPv4Address(int(at) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(str(inner))
        if at.is_site_local:
            return False
    # Reserved are also the other ways to write an IPv4 address as an IPv6 one: RFC 2765, 4291, 8215.
    return at.is_global and not at.is_multicast and not at.is_reserved


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _connection(
    scheme: str, host: str, port: int, address: str, deadline: float
) -> http.client.HTTPConnection:
    sock = socket.create_connection((address, port), timeout=_left(deadline))
    if scheme == "https":
        try:
            # The timeout is one for the whole handshake, unlike that of reading.
            sock.settimeout(_left(deadline))
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
    connection = http.client.HTTPConnection(host, port)
    connection.sock = sock
    return connection

"""Free ports and waiting for something to be true."""

from __future__ import annotations

import itertools
import random
import socket
import time
from collections.abc import Callable

# Below those that systems give to connections, so that none takes the port of a server that is about to start, or to come
# back; and from anywhere, so that two processes are never asking for the same one.
_PORTS = range(10_000, 32_000)
_next = itertools.count(random.SystemRandom().randrange(len(_PORTS)))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now, and that this process wasn't given before."""
    while True:
        port = _PORTS[next(_next) % len(_PORTS)]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def wait_until(condition: Callable[[], bool], *, seconds: float = 15, what: str = "it") -> None:
    """Returns once the condition holds.

    Raises:
        TimeoutError: it didn't within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)

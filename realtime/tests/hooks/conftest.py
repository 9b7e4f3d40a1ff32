from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from realtime.hooks.queueing import forget_hooks


class Listening:
    """An HTTP server of somebody else's, that keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.status = 200
        self.location = ""
        self.drips = False
        self.let_go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._take(self)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook?a=1"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.received.append(
            {"path": request.path, "headers": dict(request.headers), "body": body.decode()}
        )
        if self.drips:
            self._drip(request)
            return
        request.send_response(self.status)
        if self.location:
            request.send_header("Location", self.location)
        request.end_headers()

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        """An answer that never ends, a byte at a time."""
        try:
            while not self.let_go.wait(0.05):
                request.wfile.write(b"H")
                request.wfile.flush()
        except OSError:
            self.let_go.set()

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listening() -> Iterator[Listening]:
    server = Listening()
    yield server
    server.close()


@pytest.fixture
def inside(settings: Any) -> None:
    """Hooks may go to private addresses."""
    settings.REALTIME = {**settings.REALTIME, "hooks_to_private_addresses": True}


@pytest.fixture(autouse=True)
def _no_hook_is_known() -> Iterator[None]:
    forget_hooks()
    yield
    forget_hooks()

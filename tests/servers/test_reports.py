"""Failures go to Sentry and traces to OpenTelemetry where somebody asks for it, and nothing secret goes with them."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.ports import wait_until
from tests.support.server import Person, demo_desk


class Collector(ThreadingHTTPServer):
    """Takes what is posted, as both services do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: dict[str, list[bytes]] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def texts(self, path: str) -> str:
        return b"\n".join(self.bodies.get(path, [])).decode("utf-8", "replace")


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:  # noqa: N802  the base class's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.bodies.setdefault(self.path.partition("?")[0], []).append(body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as found:
        yield found
        found.shutdown()


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_failure_and_a_request_are_told_without_secrets(kind: str, collector: Collector) -> None:
    where = f"127.0.0.1:{collector.server_address[1]}"
    with demo_desk() as desk:
        server = desk.serve(
            kind,
            SENTRY_DSN=f"http://key@{where}/1",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{where}",
            OTEL_BSP_SCHEDULE_DELAY="100",
        )
        carol = Person(server, "carol")
        secret = "a-hooks-secret-0123456789"
        assert carol.http.post(f"/api/v1/hooks/{secret}/", json={}).status_code in (401, 403, 404)
        [file] = desk.folder.glob("*.sqlite3")
        with closing(sqlite3.connect(file, timeout=20)) as other:
            other.execute("ALTER TABLE tickets_queue RENAME TO tickets_gone")
        assert carol.get(f"queues/?token={carol.access}").status_code == 500
        wait_until(lambda: "OperationalError" in collector.texts("/api/1/envelope/"), what="Sentry")
        wait_until(lambda: any("queues" in name for name in _spans(collector)), what="the traces")
        wait_until(lambda: any("hooks" in name for name in _spans(collector)), what="the traces")
    told = collector.texts("/api/1/envelope/") + collector.texts("/v1/traces")
    assert "Traceback" in told or "stacktrace" in told
    for hidden in (secret, carol.access, carol.refresh, "Secret123"):
        assert hidden not in told


def _spans(collector: Collector) -> list[str]:
    found = []
    for body in collector.bodies.get("/v1/traces", []):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                found += [str(span) for span in scope.spans]
    return found


def test_a_wrong_dsn_stops_the_start_with_a_sentence() -> None:
    from django.core.exceptions import ImproperlyConfigured

    from config.reports import report_errors

    with pytest.raises(ImproperlyConfigured, match="copy it from Sentry"):
        report_errors("http://no-key@", environment="test")

"""Failures to Sentry and traces to OpenTelemetry, for whoever wants them: off by default, and without secrets.

Their packages are in ``requirements-observability.txt``. Nothing leaves here that isn't `redacted` before: no query strings, no
tokens, no bodies, no local variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from realtime.redaction import redacted

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_DROPPED = frozenset({"query_string", "cookies", "url.query"})


def report_errors(dsn: str, *, environment: str) -> None:
    """Sends what is logged as an error, and each 500, to the Sentry project of ``dsn``.

    Raises:
        ImproperlyConfigured: the package is missing, or Sentry doesn't understand the DSN.
    """
    try:
        import sentry_sdk
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        raise _missing("SENTRY_DSN") from error
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            before_send=lambda event, hint: cleaned(event),
            include_local_variables=False,
            max_request_body_size="never",
        )
    except BadDsn as error:
        raise ImproperlyConfigured("SENTRY_DSN isn't understood: copy it from Sentry.") from error


def trace_requests() -> None:
    """Traces HTTP requests if there is a collector to tell; the SDK's other ``OTEL_…`` variables hold, too.

    To be called before the application is made.

    Raises:
        ImproperlyConfigured: the packages are missing.
    """
    if not env.text("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.django import DjangoInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise _missing("OTEL_EXPORTER_OTLP_ENDPOINT") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "livedesk"}))
    provider.add_span_processor(BatchSpanProcessor(_cleaning(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()


def cleaned(value: Any) -> Any:
    """JSON-like data with every text `redacted`, and without what may hold secrets as a whole."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: cleaned(each) for key, each in value.items() if key not in _DROPPED}
    if isinstance(value, (list, tuple)):
        return [cleaned(each) for each in value]
    return value


def _cleaning(exporter: SpanExporter) -> SpanExporter:
    """The exporter, given only spans that are `cleaned`."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    def clean(span: ReadableSpan) -> ReadableSpan:
        events = [
            Event(event.name, cleaned(dict(event.attributes or {})), event.timestamp)
            for event in span.events
        ]
        return ReadableSpan(
            redacted(span.name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=cleaned(dict(span.attributes or {})),
            events=events,
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    class Cleaning(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([clean(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Cleaning()


def _missing(variable: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{variable} is set, but what it needs isn't installed: pip install -r requirements-observability.txt"
    )

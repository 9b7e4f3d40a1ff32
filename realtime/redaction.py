"""Keeps tokens out of logs. Servers write request lines, and browsers can put a socket's token nowhere else."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

_QUERY = re.compile(r"\?[^\s\"'<>]*=[^\s\"'<>]*")
_TOKEN = re.compile(r"eyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)?")
_HOOK = re.compile(r"(?<=/hooks/)[^/\s\"'?]+")


def redacted(line: str) -> str:
    """The line without query strings, JSON Web Tokens and the secrets of incoming webhooks."""
    line = _QUERY.sub("?…", line) if "?" in line else line
    # Plain texts are put in: for one that refers to a group, `re` is imported anew, which a process that ends can't.
    return _TOKEN.sub("[token]", _HOOK.sub("…", line))


class RedactSecrets(logging.Filter):
    """For log handlers: everything they write is `redacted`, tracebacks apart from their source lines too."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            return True  # logging itself reports a format that doesn't fit
        clean = redacted(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True


class RedactedStream:
    """Stands before a text stream that a server writes its access log to."""

    def __init__(self, stream: object) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        return self._stream.write(redacted(line))  # type: ignore[attr-defined,no-any-return]

    def flush(self) -> None:
        self._stream.flush()  # type: ignore[attr-defined]


def redact_daphne_access_log() -> None:
    """For a server that was started with daphne's own command, which writes its access log past ``logging``."""
    access = sys.modules.get("daphne.access")
    if access is not None and not hasattr(access.AccessLogGenerator, "unredacted"):
        generator = access.AccessLogGenerator
        generator.unredacted = generator.write_entry
        generator.write_entry = _write_redacted


def _write_redacted(generator: Any, host: str, date: Any, request: str, **more: Any) -> None:
    generator.unredacted(host=host, date=date, request=redacted(request), **more)

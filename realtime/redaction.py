"""Keeps tokens out of logs. Servers write request lines, and browsers can put a socket's token nowhere else."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

# Each takes as much as it can and never tries again from within: a line that a stranger made up costs no more than another.
_QUERY = re.compile(r"\?\S*")
_WORD = re.compile(r"[\w.-]{12,}")
_PATH_SECRET = re.compile(r"(?:(?<=/hooks/)|(?<=/unsubscribe/))[^/\s\"'?]+")
_CLOSING = "\"'<>()[]{},.;"
_LEAST_HEADER = 8
"""Characters of a token before its first dot."""


def redacted(line: str) -> str:
    """The line without query strings, JSON Web Tokens and the secrets in paths: of incoming webhooks, of links in e-mails."""
    # Plain texts are put in: for one that refers to a group, `re` is imported anew, which a process that ends can't.
    line = _QUERY.sub(_without_query, line) if "?" in line else line
    line = _WORD.sub(_without_token, line) if "eyJ" in line else line
    return _PATH_SECRET.sub("…", line)


def _without_query(found: re.Match[str]) -> str:
    """To the next blank: a quote in the middle of a query ends nothing. What closes a sentence or a list stays."""
    query = found[0]
    if "=" not in query:
        return query
    return "?…" + query[len(query.rstrip(_CLOSING)) :]


def _without_token(found: re.Match[str]) -> str:
    word = found[0]
    start = word.find("eyJ")
    if start < 0 or word.find(".", start + _LEAST_HEADER) < 0:
        return word
    return word[:start] + "[token]" + word[len(word.rstrip(".")) :]


class RedactSecrets(logging.Filter):
    """For log handlers: everything they write is `redacted`, tracebacks apart from their source lines too."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):  # one by one: uvicorn's own formatter asks for them
            record.args = tuple(redacted(a) if isinstance(a, str) else a for a in record.args)
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


_SERVERS = ("uvicorn.access", "uvicorn.error", "gunicorn.access", "gunicorn.error")
"""Loggers of request lines, which have handlers of their own where a server is started with its own command."""


def redact_servers() -> None:
    """For a server that was started with its own command, whose lines the project's handlers may never see."""
    for name in _SERVERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, RedactSecrets) for each in logger.filters):
            logger.addFilter(RedactSecrets())
    _redact_daphne()


def _redact_daphne() -> None:
    """It writes its access log past ``logging``."""
    access = sys.modules.get("daphne.access")
    if access is not None and not hasattr(access.AccessLogGenerator, "unredacted"):
        generator = access.AccessLogGenerator
        generator.unredacted = generator.write_entry
        generator.write_entry = _write_redacted


def _write_redacted(generator: Any, host: str, date: Any, request: str, **more: Any) -> None:
    generator.unredacted(host=host, date=date, request=redacted(request), **more)

"""How a line of the log is written: for people, or as JSON for programs. Extra fields of a record are in both."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from realtime.redaction import redacted

_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "request", "server_time"}


class TextLine(logging.Formatter):
    """``2026-01-01 12:00:00,000 INFO realtime.audit: socket opened user_id=7``."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        return super().formatMessage(record) + fields


class JsonLine(logging.Formatter):
    """One JSON object for each record: ``time``, ``level``, ``logger``, ``message``, ``traceback`` if there is one, extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(self.formatException(record.exc_info))
        if record.exc_text:
            line["traceback"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as ``extra``, as JSON types."""
    fields = {}
    for name, value in vars(record).items():
        if name not in _OWN and value is not None and not name.startswith("_"):
            plain = isinstance(value, bool | int | float)
            fields[name] = value if plain else redacted(str(value))
    return fields

"""The part of a text where it was found, as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from tickets.markdown import plain_text

_LENGTH = 200
_BEFORE = 60


def excerpt(text: str, highlights: Sequence[str]) -> str:
    """About 200 characters around the first find, the finds in ``<mark>``; everything else is escaped."""
    plain = plain_text(text)
    pattern = _pattern(highlights)
    first = pattern.search(plain) if pattern else None
    start = max(0, first.start() - _BEFORE) if first else 0
    cut = plain[start : start + _LENGTH]
    shown = _marked(cut, pattern)
    before = "…" if start else ""
    after = "…" if start + _LENGTH < len(plain) else ""
    return f"{before}{shown}{after}"


def _pattern(highlights: Sequence[str]) -> re.Pattern[str] | None:
    return _compiled(tuple(highlights)) if highlights else None


@lru_cache(maxsize=256)
def _compiled(highlights: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(set(highlights), key=len, reverse=True)
    words = (r"\W+".join(map(re.escape, text.split())) for text in longest_first)
    return re.compile(rf"\b(?:{'|'.join(words)})\w*", re.IGNORECASE)


def _marked(text: str, pattern: re.Pattern[str] | None) -> str:
    if pattern is None:
        return escape(text)
    parts, end = [], 0
    for found in pattern.finditer(text):
        parts.append(f"{escape(text[end : found.start()])}<mark>{escape(found[0])}</mark>")
        end = found.end()
    return "".join(parts) + escape(text[end:])

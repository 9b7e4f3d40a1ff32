"""What people write into the search box: ``printer "on fire" status:open assignee:me -tag:spam before:2026-01-01``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from realtime.errors import InvalidField, MissingField
from tickets.models.ticket import Priority
from tickets.states import Status

LONGEST = 500
_MOST_TERMS = 20
_PART = re.compile(r'(-?)(?:([a-z_]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_WORD = re.compile(r"\w+")

_FLAGS = ("overdue", "snoozed", "unassigned", "active")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, of which the beginning is enough, or words that must follow each other."""

    words: tuple[str, ...]
    phrase: bool
    excluded: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """``key:value``; ``value`` is a string, or a datetime for ``before`` and ``after``."""

    key: str
    value: str | datetime
    excluded: bool


@dataclass(frozen=True, slots=True)
class Query:
    terms: list[Term] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)

    @property
    def has_text(self) -> bool:
        """Whether there are words to be found, and not only some that mustn't be there."""
        return not all(term.excluded for term in self.terms)

    @property
    def number(self) -> int | None:
        """What is looked for, if it is one number: it may be a ticket's as well as a word."""
        if len(self.terms) != 1 or self.terms[0].excluded or len(self.terms[0].words) != 1:
            return None
        [word] = self.terms[0].words
        return int(word) if _is_number(word) else None

    @property
    def highlights(self) -> list[str]:
        """What to mark in texts that were found."""
        return [
            " ".join(term.words) if term.phrase else word
            for term in self.terms
            if not term.excluded
            for word in (term.words if not term.phrase else term.words[:1])
        ]


def parse(text: str) -> Query:
    """Reads a query.

    Raises:
        MissingField: there is nothing to search for.
        InvalidField: it is too long, a condition has a wrong value, or it only says which words are not wanted.
    """
    if len(text) > LONGEST:
        raise InvalidField(f"q may have {LONGEST} characters.", field="q")
    if "\x00" in text:
        raise InvalidField("q has a NUL character.", field="q")
    if not text.strip():
        raise MissingField("q is required.", field="q")
    query = Query()
    for minus, key, quoted, bare in _PART.findall(text):
        value, known = quoted or bare, key.lower()
        if known in _READERS and value:
            query.conditions.append(Condition(known, _READERS[known](value), bool(minus)))
        elif bare.startswith("#") and bare[1:].isdecimal():
            query.conditions.append(Condition("number", _number(bare[1:]), bool(minus)))
        else:
            _add_term(query, f"{key}:{value}" if key else value, bool(quoted), bool(minus))
    _check(query)
    return query


def _add_term(query: Query, value: str, phrase: bool, excluded: bool) -> None:
    words = tuple(_WORD.findall(value))
    if words:
        query.terms.append(Term(words, phrase, excluded))


def _check(query: Query) -> None:
    if not query.terms and not query.conditions:
        raise MissingField("q has no word to search for.", field="q")
    if len(query.terms) + len(query.conditions) > _MOST_TERMS:
        raise InvalidField(f"q may have {_MOST_TERMS} terms.", field="q")
    if not query.has_text and not query.conditions:
        raise InvalidField("Say as well which words there should be.", field="q")


def _one_of(
    name: str, allowed: tuple[str, ...], aliases: Mapping[str, str] | None = None
) -> Callable[[str], str]:
    def read(value: str) -> str:
        wanted = (aliases or {}).get(value.lower(), value.lower())
        if wanted not in allowed:
            raise InvalidField(f"{name}: is one of {', '.join(allowed)}.", field="q")
        return wanted

    return read


def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidField(
            "before: and after: want a date such as 2026-01-31.", field="q"
        ) from None


def _number(value: str) -> str:
    if not _is_number(value):
        raise InvalidField("A ticket's number is made of digits.", field="q")
    return value


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 19


_READERS: dict[str, Callable[[str], str | datetime]] = {
    "status": _one_of("status", tuple(Status.values), {"solved": Status.RESOLVED}),
    "priority": _one_of("priority", tuple(Priority.values)),
    "is": _one_of("is", _FLAGS),
    "queue": str,
    "tag": str,
    "assignee": str,
    "requester": str,
    "number": _number,
    "before": _moment,
    "after": _moment,
}

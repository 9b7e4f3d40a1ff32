"""What the ids in the audit stand for, in words for people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tickets.models import Queue, Ticket
from tickets.selectors.people import users


@dataclass(frozen=True, slots=True)
class Names:
    """The names of some rows, by the kind of row and its id."""

    known: Mapping[tuple[str, str], str]

    def of(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Those of the values that are ids of rows which are there still."""
        found = {key: self.known.get((_KINDS.get(key, ""), str(id))) for key, id in values.items()}
        return {key: name for key, name in found.items() if name is not None}


def names_in(states: Iterable[Mapping[str, Any]]) -> Names:
    """The names of all rows that some states of the audit (``{"assignee": 3}``) refer to, in a query for each kind of row."""
    wanted: dict[str, set[Any]] = {}
    for state in states:
        for key, id in state.items():
            if id is not None and key in _KINDS:
                wanted.setdefault(_KINDS[key], set()).add(id)
    return Names(
        {
            (kind, str(id)): name
            for kind, ids in wanted.items()
            for id, name in _READERS[kind](ids).items()
        }
    )


def _usernames(ids: Collection[Any]) -> dict[Any, str]:
    return {user.pk: user.get_username() for user in users().filter(pk__in=ids)}


def _queue_names(ids: Collection[Any]) -> dict[Any, str]:
    return dict(Queue.objects.filter(pk__in=ids).values_list("pk", "name"))


def _numbers(ids: Collection[Any]) -> dict[Any, str]:
    rows = Ticket.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: f"#{number}" for pk, number in rows}


_KINDS = {
    **dict.fromkeys(("assignee", "requester", "created_by", "user"), "user"),
    **dict.fromkeys(("ticket", "merged_into"), "ticket"),
    "queue": "queue",
}
REFERENCES = frozenset(_KINDS)
"""The parts of a state that are ids."""

_READERS: dict[str, Callable[[Collection[Any]], dict[Any, str]]] = {
    "user": _usernames,
    "queue": _queue_names,
    "ticket": _numbers,
}

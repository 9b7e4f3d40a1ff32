"""The full-text index of either database, as subqueries that name what matches.

PostgreSQL keeps a generated column up to date. SQLite has an FTS5 table, which `Indexer` writes in the transaction of the
change, whoever makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from realtime.capture.observing import Observer, observe
from realtime.jsontext import load_json
from tickets.models import Message, Ticket
from tickets.search.language import Term

_COMMON = 3_000
"""More messages than that are many."""


def matching(terms: Sequence[Term], *, what: str) -> RawSQL:
    """Ids of the tickets (by subject) or messages whose text has all the terms. ``what`` is ``ticket`` or ``message``."""
    if connection.vendor == "postgresql":
        return _on_postgresql(terms, what)
    column = "ticket_id" if what == "ticket" else "message_id"
    of_kind = "message_id = ''" if what == "ticket" else "message_id <> ''"
    sql = f"SELECT {column} FROM tickets_search WHERE tickets_search MATCH %s AND {of_kind}"
    return RawSQL(sql, [_fts5(terms)])


def _on_postgresql(terms: Sequence[Term], what: str) -> RawSQL:
    condition, params = _tsquery(terms)
    table = "tickets_ticket" if what == "ticket" else "tickets_message"
    return RawSQL(f"SELECT id FROM {table} WHERE search @@ {condition}", params)


def _tsquery(terms: Sequence[Term]) -> tuple[str, list[str]]:
    """The terms as SQL of PostgreSQL, and its parameters."""
    parts, params = [], []
    for term in terms:
        negation = "!!" if term.excluded else ""
        if term.phrase:
            parts.append(f"{negation}phraseto_tsquery('simple', %s)")
            params.append(" ".join(term.words))
        else:
            # Words are letters, digits and underscores only, so nothing in them needs escaping.
            parts.append(f"{negation}to_tsquery('simple', %s)")
            params.append(" & ".join(f"'{word}':*" for word in term.words))
    return f"({' && '.join(parts)})", params


def is_common(terms: Sequence[Term]) -> bool:
    """Whether so many messages have the terms that walking through the latest tickets finds enough of them sooner than
    gathering all. Asked of PostgreSQL's planner, which has statistics of words; SQLite has none."""
    if connection.vendor != "postgresql":
        return False
    condition, params = _tsquery(terms)
    sql = f"EXPLAIN (FORMAT JSON) SELECT FROM tickets_message WHERE search @@ {condition}"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        (plan,) = cursor.fetchone()
    found = plan if isinstance(plan, list) else load_json(plan)
    return bool(found[0]["Plan"]["Plan Rows"] > _COMMON)


def each_can_be_asked() -> bool:
    """Whether there are `said_in_ticket` and `subject_has`."""
    return connection.vendor == "postgresql"


def said_in_ticket(terms: Sequence[Term], *, notes: bool) -> RawSQL:
    """Whether a ticket of the outermost query has a message with the terms: a note, or something else. On PostgreSQL.

    A subquery with a limit is asked for one ticket after the other: the planner doesn't turn it into a join.
    """
    condition, params = _tsquery(terms)
    of_kind = "=" if notes else "<>"
    sql = (
        "(SELECT 1 FROM tickets_message m WHERE m.ticket_id = tickets_ticket.id"
        f" AND m.kind {of_kind} 'note' AND m.deleted_at IS NULL AND m.search @@ {condition}"
        " LIMIT 1) IS NOT NULL"
    )
    return RawSQL(sql, params, output_field=BooleanField())


def subject_has(terms: Sequence[Term]) -> RawSQL:
    """Whether the subject of a ticket of the outermost query has the terms. On PostgreSQL."""
    condition, params = _tsquery(terms)
    sql = f"tickets_ticket.search @@ {condition}"
    return RawSQL(sql, params, output_field=BooleanField())


def has_terms(terms: Sequence[Term]) -> Q:
    """Whether a message of the outermost query has the terms; for queries that are narrow already."""
    if connection.vendor != "postgresql":
        return Q(pk__in=matching(terms, what="message"))
    condition, params = _tsquery(terms)
    return Q(RawSQL(f"tickets_message.search @@ {condition}", params, output_field=BooleanField()))


def _fts5(terms: Sequence[Term]) -> str:
    """The same as FTS5 writes it; those that mustn't be there come last."""
    wanted = [_fts5_term(term) for term in terms if not term.excluded]
    unwanted = [_fts5_term(term) for term in terms if term.excluded]
    text = " AND ".join(wanted)
    return f"({text})" + "".join(f" NOT {term}" for term in unwanted)


def _fts5_term(term: Term) -> str:
    if term.phrase:
        return '"' + " ".join(term.words) + '"'
    return "(" + " AND ".join(f'"{word}"*' for word in term.words) + ")"


class Indexer(Observer):
    """Observes tickets and messages on SQLite."""

    def created(self, rows: list[Any]) -> None:
        if connection.vendor != "sqlite":
            return
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT, [_entry(row) for row in rows])

    def changed(self, pairs: list[tuple[Any, Any]]) -> None:
        changed = [new for old, new in pairs if _entry(old)[1:] != _entry(new)[1:]]
        if changed:
            self.deleted(changed)
            self.created(changed)

    def deleted(self, rows: list[Any]) -> None:
        if connection.vendor != "sqlite":
            return
        with connection.cursor() as cursor:
            cursor.executemany(_DELETE, [(_rowid(row.pk),) for row in rows])


_INSERT = "INSERT INTO tickets_search (rowid, text, ticket_id, message_id) VALUES (%s, %s, %s, %s)"
_DELETE = "DELETE FROM tickets_search WHERE rowid = %s"


def _rowid(pk: UUID) -> int:
    """FTS5 wants a number for a key: the random part of the id."""
    return pk.int & (2**62 - 1)


def _entry(row: Any) -> tuple[int, str, str, str]:
    if isinstance(row, Ticket):
        return _rowid(row.pk), row.subject, row.pk.hex, ""
    text = "" if row.deleted_at else row.content
    return _rowid(row.pk), text, row.ticket_id.hex, row.pk.hex


def rebuild() -> int:
    """Writes the index of SQLite anew, after changes that went past Django; returns the number of entries."""
    if connection.vendor != "sqlite":
        return 0
    indexer, count = Indexer(), 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_search")
    for model in (Ticket, Message):
        batch: list[Any] = []
        for row in model._default_manager.order_by("pk").iterator(chunk_size=1000):
            batch.append(row)
            if len(batch) == 1000:
                indexer.created(batch)
                count, batch = count + len(batch), []
        indexer.created(batch)
        count += len(batch)
    return count


def observe_changes() -> None:
    """Starts keeping the index; called when topics are declared."""
    observe(Ticket, Indexer())
    observe(Message, Indexer())

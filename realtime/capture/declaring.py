"""Making a model live: one declaration, and its rows' changes are events on the topics it names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models

from realtime.capture.observing import Pair, Row, observe
from realtime.registry import event, registry

Heard = Iterable[str] | Mapping[str, Any]
"""The names of topics, or what each is to be told: topic -> data."""
Topics = Callable[[Any], Heard]
Data = Callable[[Any], Any]
Named = str | Callable[[Any], str | None]
"""The event type for a changed attribute, or a function from the changed row to it (None: an ordinary update)."""
Fetch = str | Callable[[list[Any]], object]
"""A relation to read for many rows at once, or a function that reads what it likes for them."""

_FETCHED_AT_ONCE = 500
"""SQLite takes no condition that is deeper than 1,000, and Django makes one of that many keys."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveModel:
    """A declaration made by `live`. An `Observer`."""

    model: type[Row]
    topics: Topics
    data: Data
    variants: Mapping[str, Data]
    on_created: str | None
    on_updated: str | None
    on_deleted: str | None
    named: Mapping[str, Named]
    related: frozenset[str]
    ignore: frozenset[str]
    seq_field: str | None
    when: Callable[[Any], bool]
    fetch: tuple[Fetch, ...]
    durable: bool
    withdraws: Mapping[str, Any]
    unknown_events: frozenset[str]
    """Keys of ``events`` that name none of the three: a mistake that the system checks tell of."""

    hears_fixtures: ClassVar[bool] = True

    # --- what the observer hears ---

    def created(self, rows: list[Row]) -> None:
        self._fetch(rows)
        self._record(d for row in rows for d in self._drafts(self.on_created, row))

    def changed(self, pairs: list[Pair]) -> None:
        pairs = [(old, new) for old, new in pairs if self._fields_of_change(old, new)]
        self._fetch([row for pair in pairs for row in pair])
        self._record(d for old, new in pairs for d in self._drafts_of_change(old, new))

    def related_changed(self, field: str, rows: list[Row]) -> None:
        if field not in self.related:
            return
        self._fetch(rows)
        self._record(d for row in rows for d in self._drafts(self.on_updated, row))

    def before_delete(self, row: Row) -> None:
        # Data and topics need what is about to be gone; the rows of one cascade wait on the thread that deletes them.
        self._fetch([row])
        row.__dict__.setdefault("_realtime_last_words", {})[id(self)] = self._drafts(
            self.on_deleted, row
        )

    def deleted(self, rows: list[Row]) -> None:
        self._record(
            draft
            for row in rows
            for draft in row.__dict__.get("_realtime_last_words", {}).pop(id(self), ())
        )

    def _fetch(self, rows: list[Row]) -> None:
        """Reads what the rows refer to, one query for each path and some hundred rows."""
        for start in range(0, len(rows), _FETCHED_AT_ONCE):
            some = rows[start : start + _FETCHED_AT_ONCE]
            for step in self.fetch:
                if callable(step):
                    step(some)
                else:
                    models.prefetch_related_objects(some, step)

    # --- drafts ---

    def _record(self, drafts: Iterable[Any]) -> None:
        from realtime.log.record import record_many

        told = list(drafts)
        if self.withdraws:
            self._take_back(told)
        record_many(told)

    def _take_back(self, drafts: list[Any]) -> None:
        """Has the log and receipts say of the withdrawn keys what is said now, and nothing of a row that is gone from a topic."""
        from realtime.log.withdrawing import rewrite, rewrite_receipts, withdrawing

        told = []
        for draft in drafts:
            if draft.type == self.on_deleted:
                draft.data = {**draft.data, **self.withdraws}
            if draft.type != self.on_created:
                values = {key: draft.data[key] for key in self.withdraws}
                told.append(withdrawing(draft.topic, entity_id=draft.entity_id, values=values))
        rewrite(told, types=self.types)
        rewrite_receipts(told)

    @property
    def types(self) -> frozenset[str]:
        """The types of its events, as far as they are known beforehand."""
        named = (type for type in self.named.values() if isinstance(type, str))
        standard = (self.on_created, self.on_updated, self.on_deleted)
        return frozenset(type for type in (*standard, *named) if type)

    def _drafts(self, type: str | None, row: Row, topics: Heard | None = None) -> list[Any]:
        """The events of one type for a row, one on each topic; the first may number the row."""
        from realtime.log.record import Draft

        if type is None or not self.when(row):
            return []
        given = self.topics(row) if topics is None else topics
        names = list(dict.fromkeys(given))
        own = given if isinstance(given, Mapping) else None
        data: dict[str | None, Any] = {None: self.data(row)} if names and own is None else {}
        numbered = self.seq_field if type == self.on_created else None
        stamp = (row, numbered) if numbered and getattr(row, numbered) is None else None
        return [
            Draft(
                name,
                type,
                own[name] if own is not None else self._data_for(name, row, data),
                str(row.pk),
                registry.version(type),
                stamp if i == 0 else None,
                self.durable,
            )
            for i, name in enumerate(names)
        ]

    def _data_for(self, topic: str, row: Row, made: dict[str | None, Any]) -> Any:
        """The variant for the topic's kind, made once for each row."""
        kind = topic.partition(":")[0]
        if kind not in self.variants:
            return made[None]
        if kind not in made:
            made[kind] = self.variants[kind](row)
        return made[kind]

    def _fields_of_change(self, old: Row, new: Row) -> set[str]:
        return changed_fields(old, new, self.named, model=self.model) - self.ignore

    def _drafts_of_change(self, old: Row, new: Row) -> list[Any]:
        fields = self._fields_of_change(old, new)
        was, now = self.when(old), self.when(new)
        if not was or not now:
            # It comes into view, or leaves it (a soft delete).
            return self._drafts(self.on_created, new) if now else self._drafts(self.on_deleted, old)
        before, after = _by_name(self.topics(old)), _by_name(self.topics(new))
        drafts = self._drafts(self.on_deleted, old, _without(before, after))
        drafts += self._drafts(self.on_created, new, _without(after, before))
        staying = _without(after, _without(after, before))
        for type in self._types_of_change(fields, new):
            drafts += self._drafts(type, new, staying)
        return drafts

    def _types_of_change(self, fields: set[str], new: Row) -> list[str | None]:
        """The named changes in the order declared; ``updated`` follows where something else changed too."""
        types: list[str | None] = []
        rest = fields - set(self.named)
        for name, given in self.named.items():
            if name in fields:
                type = given if isinstance(given, str) else given(new)
                if type is not None:
                    types.append(type)
                elif name in _field_names(new):
                    rest.add(name)
        return [*types, self.on_updated] if rest else types


def live(
    model: type[Row],
    *,
    topics: Topics,
    data: Any = None,
    name: str | None = None,
    events: Mapping[str, str | None] | None = None,
    changed: Mapping[str, Named] | None = None,
    related: Collection[str] = (),
    variants: Mapping[str, Any] | None = None,
    ignore: Collection[str] = (),
    seq_field: str | None = None,
    when: Callable[[Any], bool] = lambda row: True,
    fetch: Collection[Fetch] = (),
    durable: bool = True,
    withdraws: Mapping[str, Any] | None = None,
) -> LiveModel:
    """Declares that changes of a model's rows are events.

    ``topics(row)`` names the topics that hear of a row; when it moves from one to another, that is a deletion there and an
    addition here; it may also say what each of them is told, ``{topic: data}``, where everybody hears something of their own.
    ``data`` is a DRF serializer class or a function from a row to JSON types; ``variants`` gives another for
    some kinds of topics, ``{"staff": StaffSerializer}``. Events are called ``<name>.created``, ``.updated`` and ``.deleted``,
    ``name`` being the model's unless given; ``events`` renames them (``{"created": "message.new"}``) or turns one off
    (``None``). ``changed`` names the event for the change of a field or property, ``{"status": "item.status_changed"}``: alone
    it is told alone, with other fields ``.updated`` follows. ``related`` lists many-to-many fields that count as fields.
    Changes of the fields in ``ignore`` and of ``auto_now`` fields are no event. ``seq_field`` is a nullable integer column that
    is given the number of the row's creation event. ``when(row)`` leaves rows out; one that leaves is deleted, as far as
    listeners know. ``fetch`` lists the relations, ``["item", "item__list"]``, that ``topics`` and ``data`` read, so that a bulk
    change reads them for all rows at once; a function among them is given the rows, to read what no relation is. With
    ``durable=False`` events are told to whoever listens now, and not stored. ``withdraws`` is for text that people may take
    back: keys of ``data``, with what is said once the row is gone from a topic, ``{"text": ""}``. When they change, the row's
    earlier events are rewritten to say what is so now: a replay doesn't tell what was edited away or deleted.
    """
    name = name or model._meta.model_name
    names: dict[str, str | None] = {v: f"{name}.{v}" for v in ("created", "updated", "deleted")}
    standard = frozenset(names)
    names.update(events or {})
    declared = LiveModel(
        model=model,
        topics=topics,
        data=_data_function(data),
        variants={kind: _data_function(given) for kind, given in (variants or {}).items()},
        on_created=names["created"],
        on_updated=names["updated"],
        on_deleted=names["deleted"],
        named=dict(changed or {}),
        related=frozenset(related),
        ignore=frozenset(ignore) | _automatic_fields(model),
        seq_field=seq_field,
        when=when,
        fetch=tuple(fetch),
        durable=durable,
        withdraws=dict(withdraws or {}),
        unknown_events=frozenset(names) - standard,
    )
    for type in sorted(declared.types):
        if type not in registry.event_types:
            event(type, schema=data)
        registry.describe(type, [data, *(variants or {}).values()])
    if withdraws:
        registry.withdrawing |= declared.types - {declared.on_created}
    if seq_field and declared.on_created:
        registry.numbered[declared.on_created] = seq_field
    registry.live_models.append(declared)
    if not (model._meta.abstract or model._meta.proxy or model._meta.swapped):
        observe(model, declared)
    return declared


def changed_fields(
    old: Row, new: Row, attributes: Iterable[str] = (), *, model: type[Row] | None = None
) -> set[str]:
    """The names of the fields that differ between two states of a row, and of the further attributes given.

    ``model``: only its own fields count, where the rows are those of a child.
    """
    fields = (model or old)._meta.concrete_fields
    changed = {
        f.name
        for f in fields
        if f.to_python(getattr(old, f.attname)) != f.to_python(getattr(new, f.attname))
    }
    others = set(attributes) - {f.name for f in fields}
    return changed | {name for name in others if getattr(old, name) != getattr(new, name)}


def _by_name(topics: Heard) -> dict[str, Any] | list[str]:
    return dict(topics) if isinstance(topics, Mapping) else list(dict.fromkeys(topics))


def _without(topics: Any, others: Any) -> Any:
    """The topics that are not among the others, with what each is told if that is known."""
    if isinstance(topics, Mapping):
        return {name: data for name, data in topics.items() if name not in others}
    return [name for name in topics if name not in others]


def _field_names(row: Row) -> set[str]:
    return {f.name for f in row._meta.concrete_fields}


def _data_function(data: Any) -> Data:
    if isinstance(data, type) and hasattr(data, "to_representation"):
        return lambda row: data(row).data
    if data is None:
        return lambda row: None
    return data  # type: ignore[no-any-return]  # a callable from a row to JSON types


def _automatic_fields(model: type[models.Model]) -> frozenset[str]:
    return frozenset(f.name for f in model._meta.concrete_fields if getattr(f, "auto_now", False))

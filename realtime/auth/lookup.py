"""Users with their logins, any number in one query, whose text the ORM writes once: to write it costs far more than to run it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import F, FilteredRelation, Q, QuerySet

_MOST = 500
"""Keys of one query; SQLite takes 32,766 parameters."""

_LIST = "IN (%s)"
_written: dict[tuple[Any, str], list[str] | None] = {}
"""For a user model and a database: the query's text before, between and after the lists of logins and of keys."""


def users_with_logins(keys: Collection[Any], sids: Collection[str]) -> list[Any]:
    """The users with these primary keys, each once for each of their live logins among ``sids``, or once if there is none.

    Each has ``realtime_cutoff_at``, and the login's ``realtime_sid`` and ``realtime_login_mark`` or None.
    """
    found: list[Any] = []
    distinct, wanted = list(dict.fromkeys(keys)), list(dict.fromkeys(sids)) or [""]
    for start in range(0, len(distinct), _MOST):
        some = distinct[start : start + _MOST]
        for first in range(0, len(wanted), _MOST):
            found += _read(some, wanted[first : first + _MOST])
    return found


def _read(keys: Sequence[Any], sids: Sequence[str]) -> list[Any]:
    model = get_user_model()
    manager = model._default_manager
    text = _text(model, manager.db, keys[0]) if _takes_all(manager.all()) else None
    if text is None:
        return list(_rows(keys, sids))
    keys, sids = _padded(keys), _padded(sids)
    statement = f"{text[0]}{_list(sids)}{text[1]}{_list(keys)}{text[2]}"
    parameters = _parameters(model, manager.db, keys, sids)
    return list(model._base_manager.using(manager.db).raw(statement, parameters))


def _takes_all(rows: QuerySet[Any]) -> bool:
    """Whether the app's manager adds nothing to the query. One that does may choose anew each time, and is left to the ORM."""
    query: Any = rows.query
    return not (query.where or query.annotations or query.select_related or query.is_sliced)


def _rows(keys: Sequence[Any], sids: Sequence[str]) -> QuerySet[Any]:
    """As the app's own manager finds users: it may leave some out."""
    live = Q(realtime_logins__ended_at=None, realtime_logins__sid__in=sids)
    rows: QuerySet[Any] = get_user_model()._default_manager.annotate(
        realtime_cutoff_at=F("realtime_cutoff__ended_before"),
        realtime_login=FilteredRelation("realtime_logins", condition=live),
        realtime_sid=F("realtime_login__sid"),
        realtime_login_mark=F("realtime_login__password_mark"),
    )
    return rows.filter(pk__in=keys)


def _text(model: Any, database: str, any_key: Any) -> list[str] | None:
    """What the ORM writes, or None should it not have the form that is expected."""
    where = (model, database)
    if where not in _written:
        rows = _rows([any_key], [""])
        statement, parameters = rows.query.get_compiler(database).as_sql()
        text = str(statement).split(_LIST)
        _written[where] = text if len(text) == 3 and len(parameters) == 2 else None
    return _written[where]


def _parameters(model: Any, database: str, keys: Sequence[Any], sids: Sequence[str]) -> list[Any]:
    primary_key, connection = model._meta.pk, connections[database]
    return [*sids, *(primary_key.get_db_prep_value(key, connection) for key in keys)]


def _padded(values: Sequence[Any]) -> list[Any]:
    """Up to the next power of two, with repetitions: few texts, which the database finds prepared."""
    size = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (size - len(values))]


def _list(values: Sequence[Any]) -> str:
    return f"IN ({', '.join(['%s'] * len(values))})"

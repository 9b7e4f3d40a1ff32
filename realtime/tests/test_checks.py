"""What a project's settings get wrong is told by the system checks, with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from realtime.checks import check_database, check_declarations, check_time_zones
from realtime.models import StoredEvent
from realtime.tests.capture.models import Article, Job, Label, Receipt


class SendsElsewhere:
    """A router that has one model in a database of its own."""

    def __init__(self, model: type[Any]) -> None:
        self._model = model

    def db_for_write(self, model: type[Any], **_: Any) -> str | None:
        return "other" if model is self._model else None


@pytest.mark.parametrize("model", [Receipt, Job, StoredEvent])
def test_a_model_whose_changes_and_events_are_not_of_one_transaction_is_told(
    model: type[Any], settings: Any
) -> None:
    """Live, decided by for a permission, or the log itself."""
    settings.DATABASE_ROUTERS = [SendsElsewhere(model)]
    (message,) = check_declarations()
    assert message.id == "realtime.E014"
    assert message.msg.startswith(f"{model.__name__} is written to the database 'other'")


def test_what_nobody_observes_may_be_anywhere(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [SendsElsewhere(Label)]
    assert check_declarations() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda: Receipt().save(using="other"),
        lambda: Receipt(pk=Receipt().pk).delete(using="other"),
        lambda: Receipt.objects.using("other").create(),
        lambda: Receipt.objects.using("other").update(total=1),
        lambda: Receipt.objects.using("other").delete(),
        lambda: Receipt.objects.using("other").bulk_create([Receipt()]),
        lambda: Receipt.objects.using("other").bulk_update([Receipt()], ["total"]),
        lambda: Article.objects.using("other").bulk_create([]),
    ],
)
def test_a_change_of_a_live_model_in_another_database_is_refused(
    change: Callable[[], Any],
) -> None:
    with pytest.raises(ImproperlyConfigured, match="can't be changed in the database 'other'"):
        change()


def test_times_without_a_zone_are_told(settings: Any) -> None:
    assert check_time_zones() == []
    settings.USE_TZ = False
    (message,) = check_time_zones()
    assert (message.id, message.hint) == ("realtime.E015", "Write USE_TZ = True.")


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's setting")
@pytest.mark.parametrize("options", [{}, {"transaction_mode": "DEFERRED"}])
def test_a_transaction_that_begins_as_a_reader_is_told(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_database() == []
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    (message,) = check_database()
    assert message.id == "realtime.W004"
    assert '"IMMEDIATE"' in str(message.hint)


@pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="on SQLite snapshots begin anywhere"
)
def test_requests_within_a_transaction_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_database() == []
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    (message,) = check_database()
    assert message.id == "realtime.W003"
    assert "non_atomic_requests" in str(message.hint)

"""Models and migrations agree, and migrations keep what there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from notifications.models import Notification, Quote
from notifications.services import withdraw_quotes


@pytest.mark.django_db
def test_no_model_has_changed_since_its_last_migration() -> None:
    # "auth": the engine watches its models, which must not look like a change of them.
    call_command("makemigrations", "notifications", "jobs", "auth", check=True, dry_run=True)


def migrate_to(name: str) -> Any:
    """The models of the app as they are after this migration of it, to which the database is brought."""
    executor = MigrationExecutor(connection)
    executor.migrate([("notifications", name)])
    return MigrationExecutor(connection).loader.project_state([("notifications", name)]).apps


@pytest.fixture
def before_quotes(transactional_db: None, alice: Any) -> Iterator[Any]:
    """The models of the time when it wasn't written down what a notification quotes."""
    yield migrate_to("0001_initial")
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_what_was_told_before_quotes_were_written_down_can_be_taken_back(
    before_quotes: Any, alice: Any
) -> None:
    notification_model = before_quotes.get_model("notifications", "Notification")
    once, bundled = uuid4(), uuid4()
    told = {"recipient_id": alice.pk, "kind": "test.replied", "message": "The secret"}
    rows = [
        notification_model(title="Once", data={"message_id": str(once)}, **told),
        notification_model(
            title="Bundled", count=3, read_at=None, data={"message_id": str(bundled)}, **told
        ),
        notification_model(title="Quotes nothing", data={"number": 7}, **told),
        notification_model(title="Has no data", **told),
    ]
    notification_model.objects.bulk_create(rows)

    migrate_to("0003_quotes_of_before")

    found = Quote.objects.order_by("notification__title")
    assert list(found.values_list("notification__title", "source", "count")) == [
        ("Bundled", f"message:{bundled}", 3),
        ("Once", f"message:{once}", 1),
    ]
    assert list(Notification.objects.values_list("corrected_at", flat=True)) == [None] * 4
    withdraw_quotes(source=f"message:{once}", keys=["excerpt"])
    kept = Notification.objects.filter(message="The secret").order_by("title")
    assert [row.title for row in kept] == ["Bundled", "Has no data", "Quotes nothing"]


def test_very_many_rows_are_written_down_once_though_the_migration_is_repeated(
    before_quotes: Any, alice: Any
) -> None:
    notification_model = before_quotes.get_model("notifications", "Notification")
    notification_model.objects.bulk_create(
        notification_model(
            recipient_id=alice.pk, kind="test.replied", data={"message_id": str(uuid4())}
        )
        for _ in range(2_500)
    )
    migrate_to("0003_quotes_of_before")
    assert Quote.objects.values("notification").distinct().count() == 2_500
    migrate_to("0002_quotes")
    migrate_to("0003_quotes_of_before")
    assert Quote.objects.count() == Notification.objects.count() == 2_500

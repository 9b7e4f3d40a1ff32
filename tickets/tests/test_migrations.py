"""Migrations keep what there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tickets.models import Tag, Ticket


def migrate_to(name: str) -> Any:
    """The models of the app as they are after this migration of it, to which the database is brought."""
    MigrationExecutor(connection).migrate([("tickets", name)])
    return MigrationExecutor(connection).loader.project_state([("tickets", name)]).apps


@pytest.fixture
def before(transactional_db: None) -> Iterator[Any]:
    """The models of the time when tags were as somebody wrote them."""
    yield migrate_to("0004_checked_rules")
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_tags_that_differ_in_case_alone_become_one(before: Any, ticket: Ticket) -> None:
    tags = {
        name: before.get_model("tickets", "Tag").objects.create(name=name)
        for name in ("VIP", "vip", "Vip", "Bug", "login")
    }
    old = before.get_model("tickets", "Ticket").objects.get(pk=ticket.pk)
    old.tags.set([tags["VIP"], tags["vip"], tags["Bug"]])
    number = old.number + 1
    other = before.get_model("tickets", "Ticket").objects.create(
        number=number, subject="S", queue_id=old.queue_id
    )
    other.tags.set([tags["Vip"], tags["login"]])

    migrate_to("0005_tags_in_lower_case")

    assert [tag.name for tag in Tag.objects.all()] == ["bug", "login", "vip"]
    assert [tag.name for tag in ticket.tags.all()] == ["bug", "vip"]
    assert [tag.name for tag in Ticket.objects.get(number=number).tags.all()] == ["login", "vip"]

"""Who is told, and what their room hears."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications.models import Notification
from notifications.selectors import counts_of
from notifications.services import mark_all_seen, mark_read, notify
from notifications.tests.conftest import events_of
from notifications.tests.factories import make_user
from realtime.bridge.redis_out import outgoing
from realtime.events import Event
from realtime.jsontext import load_json

pytestmark = pytest.mark.django_db


def tell(*recipients: Any, kind: str = "test.replied", **fields: Any) -> list[Notification]:
    return notify(
        kind=kind,
        recipients=recipients,
        **{"title": "A reply on #123", "message": "Hello", "data": {"number": 123}, **fields},
    )


def test_a_notification_is_a_row_and_an_event_in_the_users_own_room(alice: Any, bob: Any) -> None:
    [row] = tell(alice, actor=bob, url="/tickets/1/", target="ticket:1")

    [event] = events_of(alice)
    assert event["type"] == "notification.new"
    assert (event["seq"], event["sender"]) == (1, "bob")
    assert event["data"] == {
        "id": str(row.pk),
        "event": "test.replied",
        "type": "info",
        "title": "A reply on #123",
        "message": "Hello",
        "url": "/tickets/1/",
        "actor": {"id": str(bob.pk), "username": "bob"},
        "target": "ticket:1",
        "count": 1,
        "mention": False,
        "data": {"number": 123},
        "seen": False,
        "read": False,
        "created_at": event["data"]["created_at"],
        "last_at": event["data"]["last_at"],
        "counts": {"unread": 1, "unseen": 1},
    }
    assert event["data"]["created_at"].endswith("Z")


def test_no_one_hears_of_their_own_act(alice: Any, bob: Any) -> None:
    told = tell(alice, bob, bob, actor=bob)
    assert [row.recipient for row in told] == [alice]
    assert events_of(bob) == []


def test_an_inactive_user_is_not_told() -> None:
    gone = make_user(is_active=False)
    assert tell(gone) == []


def test_a_mention_is_told_as_one(alice: Any, bob: Any) -> None:
    tell(alice, actor=bob, kind="test.mentioned")
    assert [event["type"] for event in events_of(alice)] == ["notification.mentioned"]


def test_the_level_is_the_kinds_unless_given(alice: Any) -> None:
    [loud] = tell(alice, kind="test.breached")
    [quiet] = tell(alice, kind="test.breached", level="warning")
    assert (loud.level, quiet.level) == ("error", "warning")


def test_an_unregistered_kind_is_refused(alice: Any) -> None:
    with pytest.raises(LookupError, match=r"test\.unheard"):
        tell(alice, kind="test.unheard")
    assert not Notification.objects.exists()


def test_a_rollback_leaves_neither_row_nor_event(alice: Any) -> None:
    with transaction.atomic():
        tell(alice)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert events_of(alice) == []


def test_many_of_one_group_become_one_row_that_grows(alice: Any, bob: Any) -> None:
    for _ in range(5):
        [row] = tell(alice, actor=bob, group_key="replied:1")

    assert Notification.objects.count() == 1
    assert (row.count, row.title) == (5, "5 new replies on #123")
    events = events_of(alice)
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert {event["data"]["id"] for event in events} == {str(row.pk)}
    assert events[-1]["data"]["title"] == "5 new replies on #123"
    assert events[-1]["data"]["counts"] == {"unread": 1, "unseen": 1}


def test_a_bundle_that_was_seen_is_news_again_when_it_grows(alice: Any) -> None:
    tell(alice, group_key="replied:1")
    mark_all_seen(user=alice)
    tell(alice, group_key="replied:1")
    assert counts_of(alice.pk) == {"unread": 1, "unseen": 1}
    assert events_of(alice)[-1]["data"]["counts"] == {"unread": 1, "unseen": 1}


def test_after_reading_a_bundle_the_next_starts_anew(alice: Any) -> None:
    [first] = tell(alice, group_key="replied:1")
    mark_read(notification=first)
    [second] = tell(alice, group_key="replied:1")
    assert second.pk != first.pk
    assert second.count == 1


def test_a_title_that_is_too_long_is_cut(alice: Any) -> None:
    [row] = tell(alice, title="x" * 400)
    assert len(row.title) == 250


@pytest.mark.parametrize("group_key", ["", "replied:1"])
def test_telling_many_costs_no_more_reads_and_inserts_than_telling_a_few(group_key: str) -> None:
    def cost(number: int) -> int:
        people = [make_user() for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            tell(*people, group_key=group_key)
        return sum(
            query["sql"].startswith(("SELECT", "INSERT")) and "notifications_" in query["sql"]
            for query in queries
        )

    assert cost(40) == cost(10) <= 8


def test_other_services_get_the_text_of_the_notification_endpoint(alice: Any) -> None:
    event = Event(
        topic=f"user:{alice.pk}",
        type="notification.new",
        data=msgspec.Raw(b'{"title":"T"}'),
        timestamp="2026-01-01T00:00:00.000000Z",
        id="0190",
        seq=1,
    )
    channels = dict(outgoing(event))
    frame = load_json(channels[f"notif:user:{alice.pk}"])
    assert (frame["type"], frame["payload"]["title"]) == ("notification", "T")

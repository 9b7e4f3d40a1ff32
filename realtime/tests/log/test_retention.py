"""How the log is shortened, and how it begins anew."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from realtime.bridge.publishing import create_key
from realtime.conf import config
from realtime.log import reading
from realtime.log.access import access_changes_after, last_access_change, record_access_change
from realtime.log.pruning import prune_events
from realtime.models import AccessChange, HookDelivery, OutgoingHook, Publication, TopicHead
from realtime.registry import registry
from realtime.tests.log.conftest import Write
from realtime.tests.threads import on_threads

pytestmark = pytest.mark.django_db(transaction=True)


def kept(topic: str) -> list[int | None]:
    return [event.seq for event in reading.events_after(topic, 0)]


def told(*arguments: str, **options: Any) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output, **options)
    return output.getvalue()


def test_events_older_than_the_bound_go_and_the_floor_says_so(write: Write) -> None:
    write("till", 3, days_ago=31)
    write("till", 2)
    assert str(prune_events(days=30, keep=100)) == (
        "3 events of 1 topics, 0 access changes, 0 webhook deliveries, 0 idempotency keys, 0 receipts"
    )
    assert kept("till") == [4, 5]
    assert reading.heads(["till"])["till"] == reading.Head(seq=5, floor=3)


def test_a_topic_keeps_its_last_events_and_others_are_left_alone(write: Write) -> None:
    write("till", 10)
    write("shelf:1", 4)
    prune_events(days=30, keep=4, batch=3)
    assert kept("till") == [7, 8, 9, 10]
    assert kept("shelf:1") == [1, 2, 3, 4]


def test_a_topic_that_is_all_old_goes_on_counting(write: Write) -> None:
    write("till", 3, days_ago=31)
    prune_events(days=30, keep=100)
    assert kept("till") == []
    write("till")
    assert kept("till") == [4]


def test_pruning_again_finds_nothing(write: Write) -> None:
    write("till", 10, days_ago=31)
    prune_events(days=30, keep=4)
    assert prune_events(days=30, keep=4).events == 0


def test_the_last_value_of_a_board_stays_for_newcomers(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.boards, "till", None)
    write("till", 5, days_ago=31)
    prune_events(days=30, keep=100)
    assert kept("till") == [5]


def test_old_access_changes_go_but_the_numbering_goes_on() -> None:
    for n in range(3):
        record_access_change(f"user:{n}")
    AccessChange.objects.update(created_at="2020-01-01T00:00Z")
    assert prune_events(days=30, keep=100).access_changes == 2
    record_access_change("user:7")
    assert last_access_change() == 4
    assert [change.scope for change in access_changes_after(0)] == ["user:2", "user:7"]


def test_two_prune_while_others_write_and_no_number_is_lost_or_torn(write: Write) -> None:
    write("till", 60)

    def work(n: int) -> None:
        if n < 2:
            for _ in range(5):
                prune_events(days=30, keep=10, batch=4)
        else:
            write("till", 20)

    on_threads(4, work)
    prune_events(days=30, keep=10)
    assert kept("till") == list(range(91, 101))
    assert TopicHead.objects.get(topic="till").floor == 90


def test_the_command_keeps_what_the_settings_say(write: Write, settings: Any) -> None:
    settings.REALTIME = {**settings.REALTIME, "retention_days": 2, "retention_events": 5}
    write("till", 2, days_ago=3)
    write("till", 7)
    assert told("prune_events").startswith("Deleted: 4 events of 1 topics, 0 access changes,")
    assert kept("till") == [5, 6, 7, 8, 9]
    told("prune_events", keep=1)
    assert kept("till") == [9]


def test_deliveries_go_by_their_last_try_and_those_that_wait_stay() -> None:
    def delivery(status: str, *, days_ago: float) -> HookDelivery:
        last_try = timezone.now() - timedelta(days=days_ago)
        return HookDelivery.objects.create(
            hook=hook, position=1, event_type="till.opened", status=status, next_try_at=last_try
        )

    hook = OutgoingHook.objects.create(name="Warehouse", url="http://127.0.0.1:1/")
    for status in ("sent", "dead", "dead", "sent"):
        delivery(status, days_ago=31)
    young = [delivery(status, days_ago=29) for status in ("sent", "dead")]
    waiting = [delivery("queued", days_ago=days) for days in (1, 31, 400)]
    HookDelivery.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert prune_events(days=30, keep=100, batch=3).deliveries == 4
    left = HookDelivery.objects.order_by("pk").values_list("pk", flat=True)
    assert list(left) == [row.pk for row in young + waiting]


def test_idempotency_keys_go_by_age_but_never_within_a_day() -> None:
    key, _ = create_key("billing")
    for days in (0.0, 0.9, 1.1, 29.0, 31.0):
        row = Publication.objects.create(key=key, idempotency_key=str(days))
        then = timezone.now() - timedelta(days=days)
        Publication.objects.filter(pk=row.pk).update(created_at=then)
    kept_keys = Publication.objects.order_by("pk").values_list("idempotency_key", flat=True)
    assert prune_events(days=30, keep=100).publications == 1
    assert list(kept_keys.all()) == ["0.0", "0.9", "1.1", "29.0"]
    assert prune_events(days=0.01, keep=100).publications == 2
    assert list(kept_keys.all()) == ["0.0", "0.9"]


@pytest.mark.parametrize("wrong", [{"days": 0.0}, {"days": 1e9}, {"keep": 0}, {"batch": 0}])
def test_the_command_refuses_what_makes_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="Give --days"):
        call_command("prune_events", **wrong)


@pytest.mark.parametrize("wrong", [{"retention_days": 0}, {"retention_events": 0}])
def test_a_setting_that_would_keep_nothing_is_refused(wrong: dict[str, Any], settings: Any) -> None:
    settings.REALTIME = {**settings.REALTIME, **wrong}
    with pytest.raises(Exception, match=next(iter(wrong))):
        config()


def test_a_new_epoch_is_another_one_and_stays() -> None:
    before = reading.epoch()
    assert reading.epoch() == before
    text = told("new_epoch")
    assert reading.epoch() != before and reading.epoch() in text


def test_a_new_epoch_leaves_nothing_that_looks_like_movement(write: Write) -> None:
    """As after restoring into a server whose transaction ids are lower than those in the rows."""
    write("till", 3)
    TopicHead.objects.update(moved=2**40)
    told("new_epoch")
    mark = reading.current_mark()
    assert reading.moved_since(mark).seqs == {}
    write("till")
    assert reading.moved_since(mark).seqs == {"till": 4}

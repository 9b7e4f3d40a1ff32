"""How rules are asked: what a rule that fails does, how often one is asked, and what goes on while one is slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DataError, InterfaceError, OperationalError, transaction

from realtime import access_control
from realtime.db import in_pool
from realtime.errors import Forbidden
from realtime.hub import Hub
from realtime.log.access import record_access_change
from realtime.tests.capture.models import Job, Shop
from realtime.tests.hub.conftest import Reader, Rule, eventually, hold_job, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def reader(hub: Hub, alice: User, rule: Rule) -> Reader:
    """Alice in ``gate:1`` and at the till."""
    reader = Reader(hub, alice)
    await reader.join("gate:1")
    await reader.join("till")
    rule.asked.clear()
    return reader


async def change(*scopes: str) -> None:
    await in_pool(record_access_change, *scopes)


# --- a rule that fails ---

FAILURES = [
    (Shop.DoesNotExist("the row is gone"), 0),
    (ValueError("a mistake"), 1),
    (DataError("integer out of range"), 1),
]
"""What a rule raises, and how often that is logged."""


@pytest.mark.parametrize(("failure", "logged"), FAILURES)
async def test_a_rule_that_fails_puts_out_of_its_own_room_only(
    hub: Hub,
    alice: User,
    reader: Reader,
    rule: Rule,
    failure: Exception,
    logged: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rule.answers = [failure]
    await change(f"user:{alice.pk}")
    await eventually(lambda: reader.put_out_of == ["gate:1"])
    await write("till")
    await eventually(lambda: reader.seqs("till") == [1])
    assert caplog.text.count("the rule of gate:1 failed") == logged


@pytest.mark.parametrize("failure", [Shop.DoesNotExist(), ValueError()])
async def test_where_the_rule_fails_a_room_is_forbidden(
    hub: Hub, alice: User, rule: Rule, failure: Exception, hushed: None
) -> None:
    rule.answers = [failure]
    with pytest.raises(Forbidden):
        await Reader(hub, alice).join("gate:1")


async def test_a_rule_that_fails_from_time_to_time_is_rechecked_like_others(
    hub: Hub, reader: Reader, rule: Rule, hushed: None
) -> None:
    rule.answers = [ValueError()]
    await hub.access._recheck(reader)
    assert reader.put_out_of == ["gate:1"]
    assert [s.topic for s in reader.subscriptions.values()] == ["till"]


async def test_a_question_that_the_database_cannot_answer_is_asked_again(
    reader: Reader, rule: Rule, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(access_control, "_RETRY_AFTER", 0.001)
    rule.answers = [OperationalError("away"), InterfaceError("away"), False]
    await change("topic:gate:1")
    await eventually(lambda: reader.put_out_of == ["gate:1"])
    assert len(rule.asked) == 3
    assert caplog.text.count("permissions can't be asked") == 1


# --- how often ---


async def test_a_topic_that_one_transaction_changes_often_is_asked_about_once(
    hub: Hub, reader: Reader, rule: Rule
) -> None:
    def change_often() -> None:
        with transaction.atomic():
            for _ in range(40):
                record_access_change("topic:gate:1")

    await in_pool(change_often)
    await hub.access.settle()
    await eventually(lambda: reader.told == ["refresh"])
    (subscription,) = [s for s in reader.subscriptions.values() if s.topic == "gate:1"]
    assert (subscription.asked, len(rule.asked), subscription.live) == (1, 1, True)


async def test_what_changes_while_a_question_is_open_is_asked_once_after_it(
    hub: Hub, alice: User, reader: Reader, rule: Rule
) -> None:
    """And the answer to the open one, which may be out of date, isn't acted on."""
    rule.may_answer.clear()
    rule.answers = [False, True]
    await change("topic:gate:1")
    await eventually(lambda: rule.asked)
    for _ in range(20):
        await change("topic:gate:1")
        await change(f"user:{alice.pk}")
        await hub.access.settle()
    rule.may_answer.set()
    await eventually(lambda: all(s.live for s in reader.subscriptions.values()))
    assert (len(rule.asked), reader.put_out_of) == (2, [])
    assert reader.told == ["refresh", "refresh"]


async def test_a_subscription_that_is_asked_about_meanwhile_is_left_to_that_question(
    hub: Hub, reader: Reader, rule: Rule
) -> None:
    rule.may_answer.clear()
    rule.answers = [False, True]
    rechecking = asyncio.create_task(hub.access._recheck(reader))
    await eventually(lambda: rule.asked)
    await change("topic:gate:1")
    await eventually(lambda: len(rule.asked) == 2)
    rule.may_answer.set()
    await rechecking
    await eventually(lambda: all(s.live for s in reader.subscriptions.values()))
    assert reader.put_out_of == []


async def test_while_rules_are_slow_other_work_of_the_database_goes_on(
    hub: Hub, alice: User, rule: Rule
) -> None:
    readers = [Reader(hub, alice) for _ in range(80)]
    for reader in readers:
        await reader.join("gate:1")
    rule.asked.clear()
    rule.may_answer.clear()
    await change("topic:gate:1")
    await eventually(lambda: len(rule.asked) >= 2)
    async with asyncio.timeout(5):
        await in_pool(User.objects.count)
    rule.may_answer.set()
    await eventually(lambda: all(reader.told == ["refresh"] for reader in readers))
    assert len(rule.asked) == len(readers)


# --- from time to time ---


@pytest.fixture
async def rechecking(hub: Hub, settings: Any) -> AsyncIterator[None]:
    """Everything is rechecked all the time."""
    settings.REALTIME = {**settings.REALTIME, "recheck_interval": 0.01}
    rechecking = asyncio.create_task(hub.access._recheck_for_ever())
    yield
    rechecking.cancel()


async def test_everything_is_asked_again_from_time_to_time(
    deaf_hub: Hub, bob: User, shop: Shop, rechecking: None
) -> None:
    """A rule may depend on something that no declaration names."""
    await hold_job(shop, bob)
    his = Reader(deaf_hub, bob)
    await his.join(f"shop:{shop.pk}")
    await his.join("till")
    await in_pool(Job.objects.filter(user=bob)._raw_delete, "default")
    await eventually(lambda: his.put_out_of == [f"shop:{shop.pk}"])
    await in_pool(User.objects.filter(pk=bob.pk).delete)
    await eventually(lambda: "unauthorized" in his.told)


async def test_a_recheck_that_fails_is_followed_by_the_next(
    reader: Reader, rule: Rule, rechecking: None, hushed: None
) -> None:
    rule.answers = [OperationalError("away")]
    await eventually(lambda: len(rule.asked) > 3)
    assert reader.put_out_of == [] and "refresh" not in reader.told


async def test_one_slow_rule_keeps_nobody_else_from_being_rechecked(
    hub: Hub, bob: User, reader: Reader, rule: Rule, rechecking: None
) -> None:
    rule.may_answer.clear()
    await eventually(lambda: rule.asked)
    his = Reader(hub, bob)
    await his.join("till")
    await in_pool(User.objects.filter(pk=bob.pk)._raw_delete, "default")
    await eventually(lambda: "unauthorized" in his.told)
    assert len(rule.asked) == 1

"""Outgoing hooks: each event once for each hook that wants it, signed, and tried again until it is given up."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.utils import timezone

import realtime
from realtime.hooks.sending import WAITS, send_due_deliveries
from realtime.models import HookDelivery, OutgoingHook, StoredEvent
from realtime.tests.hooks.conftest import Listening

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("inside")]


@pytest.fixture
def hook(listening: Listening) -> OutgoingHook:
    return OutgoingHook.objects.create(name="Warehouse", url=listening.url)


def _say(room: str = "shop:1", type: str = "shop.opened") -> None:
    realtime.record(room, type, {"at": "nine"})


def _time_passes(delivery: HookDelivery) -> None:
    """The next try is due."""
    HookDelivery.objects.filter(pk=delivery.pk).update(next_try_at=timezone.now())


def test_an_event_is_sent_signed(listening: Listening, hook: OutgoingHook) -> None:
    _say()
    assert send_due_deliveries() == 1
    (received,) = listening.received
    event = json.loads(received["body"])
    assert (event["type"], event["room"], event["seq"]) == ("shop.opened", "shop:1", 1)
    assert received["path"] == "/hook?a=1"
    signed = dict(p.split("=") for p in received["headers"]["Livedesk-Signature"].split(","))
    text = f"{signed['t']}.{received['body']}".encode()
    assert hmac.new(hook.secret.encode(), text, hashlib.sha256).hexdigest() == signed["v1"]
    assert abs(int(signed["t"]) - timezone.now().timestamp()) < 60
    delivery = HookDelivery.objects.get()
    assert (delivery.status, delivery.answer) == ("sent", "200")
    assert received["headers"]["Livedesk-Delivery"] == str(delivery.pk)
    assert send_due_deliveries() == 0


def test_a_hook_hears_the_types_and_rooms_that_it_asks_for(
    listening: Listening, hook: OutgoingHook
) -> None:
    hook.types, hook.rooms = ["shop.opened"], "shop:"
    hook.save()
    _say()
    _say(type="shop.closed")
    _say(room="shelf:1")
    OutgoingHook.objects.create(name="Off", url=listening.url, is_active=False)
    _say()
    assert HookDelivery.objects.count() == 2


@pytest.mark.parametrize("types", [5, True, "shop.opened", {"shop.opened": 1}, {}, [5]])
def test_a_hook_whose_types_are_nonsense_stops_no_change_and_hears_nothing(
    listening: Listening, hook: OutgoingHook, types: Any, caplog: pytest.LogCaptureFixture
) -> None:
    OutgoingHook.objects.create(name="Nonsense", url=listening.url, types=types)
    _say()
    assert [delivery.hook for delivery in HookDelivery.objects.all()] == [hook]
    assert "the outgoing hook 'Nonsense' is left out" in caplog.text


def test_what_is_rolled_back_is_not_sent(hook: OutgoingHook) -> None:
    with transaction.atomic():
        _say()
        transaction.set_rollback(True)
    assert not HookDelivery.objects.exists()


def test_a_delivery_is_recorded_with_its_event_whatever_becomes_of_the_process(
    hook: OutgoingHook,
) -> None:
    """No callback after the commit is needed: the row is there in the event's own transaction."""
    with transaction.atomic():
        _say()
        assert HookDelivery.objects.get().status == "queued"


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(
    listening: Listening, hook: OutgoingHook
) -> None:
    listening.status = 503
    _say()
    for attempt, wait in enumerate(WAITS, start=1):
        before = timezone.now()
        assert send_due_deliveries() == 1
        delivery = HookDelivery.objects.get()
        assert (delivery.status, delivery.attempts, delivery.answer) == ("queued", attempt, "503")
        waits = delivery.next_try_at - before
        assert wait <= waits < wait + timedelta(seconds=30)
        assert send_due_deliveries() == 0
        _time_passes(delivery)
    assert send_due_deliveries() == 1
    assert HookDelivery.objects.get().status == "dead"
    assert send_due_deliveries() == 0
    assert len(listening.received) == len(WAITS) + 1
    assert len({each["body"] for each in listening.received}) == 1


def test_the_dead_are_sent_again_from_the_admin_even_when_the_log_is_gone(
    listening: Listening, hook: OutgoingHook
) -> None:
    listening.status = 500
    _say()
    send_due_deliveries()
    HookDelivery.objects.update(status="dead")
    StoredEvent.objects.all().delete()
    get_user_model().objects.create_superuser("root", password="root")
    browser = Client()
    browser.login(username="root", password="root")
    delivery = HookDelivery.objects.get()
    asked = {"action": "replay_deliveries", "_selected_action": [delivery.pk]}
    answer = browser.post("/admin/realtime/hookdelivery/", asked, follow=True)
    assert "queued again" in answer.content.decode()
    listening.status = 204
    assert send_due_deliveries() == 1
    assert HookDelivery.objects.get().status == "sent"
    assert listening.received[0]["body"] == listening.received[1]["body"]


def test_a_redirect_is_a_failure_and_is_not_followed(
    listening: Listening, hook: OutgoingHook
) -> None:
    for status in (301, 302, 303, 307, 308):
        listening.status, listening.location = status, f"http://127.0.0.1:{listening.port}/other"
        HookDelivery.objects.all().delete()
        _say()
        send_due_deliveries()
        assert HookDelivery.objects.get().answer == str(status)
    assert {each["path"] for each in listening.received} == {"/hook?a=1"}


def test_an_address_that_does_not_answer_holds_up_no_other(
    listening: Listening, hook: OutgoingHook
) -> None:
    """Its deliveries wait after the first that failed; those of the others are sent."""
    dead = OutgoingHook.objects.create(name="Dead", url="http://127.0.0.1:1/")
    for _ in range(30):
        _say()
    while send_due_deliveries():
        pass
    assert HookDelivery.objects.filter(hook=hook, status="sent").count() == 30
    tried = HookDelivery.objects.filter(hook=dead, attempts__gt=0).count()
    assert 1 <= tried < 20
    assert not HookDelivery.objects.filter(hook=dead).exclude(status="queued").exists()


def test_what_is_queued_waits_while_its_hook_is_switched_off(
    listening: Listening, hook: OutgoingHook
) -> None:
    _say()
    hook.is_active = False
    hook.save()
    assert send_due_deliveries() == 0
    assert listening.received == []
    hook.is_active = True
    hook.save()
    assert send_due_deliveries() == 1


def test_of_two_processes_one_sends(listening: Listening, hook: OutgoingHook) -> None:
    _say()
    first = HookDelivery.objects.get()
    assert send_due_deliveries() == 1
    # The other process read the row before: its claim comes too late.
    from realtime.hooks.sending import _claim

    assert not _claim(first)


def test_a_hook_that_was_deleted_takes_its_deliveries_with_it(hook: OutgoingHook) -> None:
    _say()
    hook.delete()
    assert send_due_deliveries() == 0
    _say()
    assert not HookDelivery.objects.exists()


def test_what_stays_inside_is_sent_to_no_hook(hook: OutgoingHook, monkeypatch: Any) -> None:
    from dataclasses import replace

    from realtime.registry import registry

    kinds = dict(registry.kinds)
    kinds["shop:<int:pk>"] = replace(kinds["shop:<int:pk>"], bridged=False)
    monkeypatch.setattr(registry, "kinds", kinds)
    registry._resolve.cache_clear()
    try:
        _say()
        assert not HookDelivery.objects.exists()
    finally:
        registry._resolve.cache_clear()

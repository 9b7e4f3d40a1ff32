"""Changes that are sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

import realtime
from realtime.errors import Forbidden
from realtime.log.pruning import prune_events
from realtime.models import StoredEvent, StoredReceipt
from realtime.receipts import make_once, receipt_key
from realtime.registry import Receipt
from realtime.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def key_of(**fields: Any) -> str:
    asked = {"user_id": "7", "room": "shelf:1", "client_id": "a", "kind": "React", "arguments": {}}
    return receipt_key(**{**asked, **fields})


def test_only_the_same_change_of_the_same_user_in_the_same_room_is_one_that_is_sent_again() -> None:
    others: list[dict[str, Any]] = [
        {"user_id": "8"},
        {"room": "shelf:2"},
        {"client_id": "b"},
        {"kind": "Unreact"},
        {"arguments": {"emoji": "👍"}},
    ]
    assert key_of() == key_of()
    assert len({key_of(), *(key_of(**other) for other in others)}) == len(others) + 1


def test_two_at_once_are_one_change_with_one_receipt(django_user_model: Any) -> None:
    user = django_user_model.objects.create(username="carol")
    room = f"user:{user.pk}"

    def change() -> Receipt:
        realtime.record(room, "shelf.tidied", {})
        return Receipt(3, {"id": 5, "title": "Ulysses"})

    def make() -> Receipt:
        return make_once("k", room, user, change)

    first, second = at_once(make, make)
    assert (
        (first.seq, first.data) == (second.seq, second.data) == (3, {"id": 5, "title": "Ulysses"})
    )
    assert StoredEvent.objects.filter(topic=room).count() == 1


def test_a_change_that_was_refused_may_be_tried_again(django_user_model: Any) -> None:
    user = django_user_model.objects.create(username="carol")

    def refuse() -> Receipt:
        raise Forbidden

    with pytest.raises(Forbidden):
        make_once("k", f"user:{user.pk}", user, refuse)
    assert make_once("k", f"user:{user.pk}", user, lambda: Receipt(1, None)).seq == 1


def test_a_receipt_of_another_room_is_for_those_who_may_hear_that(django_user_model: Any) -> None:
    user = django_user_model.objects.create(username="carol")
    make_once("k", f"user:{user.pk}", user, lambda: Receipt(1, {}, room="user:999999"))
    with pytest.raises(Forbidden):
        make_once("k", f"user:{user.pk}", user, lambda: Receipt(2, {}))


def test_receipts_are_kept_for_a_day(django_user_model: Any) -> None:
    user = django_user_model.objects.create(username="carol")
    for key, days in (("old", 1.1), ("young", 0.9)):
        make_once(key, f"user:{user.pk}", user, lambda: Receipt(1, {}))
        then = timezone.now() - timedelta(days=days)
        StoredReceipt.objects.filter(pk=key).update(created_at=then)
    assert prune_events(days=30, keep=100).receipts == 1
    assert StoredReceipt.objects.get().pk == "young"

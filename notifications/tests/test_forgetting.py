"""What becomes of old rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Delivery, InboundMessage, Notification
from notifications.periodic import forget
from notifications.tests.factories import make_delivery, make_notification

pytestmark = pytest.mark.django_db


def test_old_rows_go_but_for_what_is_unread_or_still_waits(alice: Any) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    unread = make_notification(alice, last_at=long_ago)
    make_notification(alice, last_at=long_ago, read_at=long_ago)
    recent = make_notification(alice, read_at=timezone.now())
    waiting = make_delivery(
        alice,
        notification=make_notification(alice, last_at=long_ago, in_app=False),
        created_at=long_ago,
    )
    make_delivery(alice, notification=recent, created_at=long_ago, status="sent")

    assert forget() == "1 notifications, 1 deliveries, 0 refused e-mails"
    assert set(Notification.objects.all()) == {unread, recent, waiting.notification}
    assert list(Delivery.objects.all()) == [waiting]
    assert forget() == "0 notifications, 0 deliveries, 0 refused e-mails"


def test_of_an_old_refused_email_the_text_goes_and_that_it_came_stays(db: None) -> None:
    for name in ("old", "new"):
        InboundMessage.objects.create(
            message_id=f"<{name}@x.org>", sender="a@x.org", status="refused", content="Help!"
        )
    long_ago = timezone.now() - timedelta(days=100)
    InboundMessage.objects.filter(message_id="<old@x.org>").update(received_at=long_ago)
    assert forget() == "0 notifications, 0 deliveries, 1 refused e-mails"
    kept = dict(InboundMessage.objects.values_list("message_id", "content"))
    assert kept == {"<old@x.org>": "", "<new@x.org>": "Help!"}

"""Carrying deliveries out: due ones are claimed, sent, and tried again later and later until they are given up."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from realtime.dialects.envelope import envelope
from realtime.hooks.http_post import PostFailed, post
from realtime.log.reading import events_at
from realtime.models import HookDelivery

logger = logging.getLogger("realtime.hooks")

WAITS: Final = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21_600, 86_400)]
"""How long after each failed attempt the next one follows; after the last the delivery is dead."""

SIGNATURE_HEADER: Final = "Livedesk-Signature"
_CLAIM = timedelta(seconds=60)
_AT_ONCE = 20


def send_due_deliveries(most: int = _AT_ONCE) -> int:
    """Sends what is due, up to ``most``; returns how many were tried. Safe to run in several processes at once.

    What is queued for a hook that was switched off waits until it is switched on again.
    """
    due = HookDelivery.objects.filter(
        status=HookDelivery.Status.QUEUED, next_try_at__lte=timezone.now(), hook__is_active=True
    )
    tried = 0
    # Bodies are read of those only that are tried.
    soonest = due.select_related("hook").defer("body").order_by("next_try_at")
    for delivery in soonest[:_AT_ONCE]:
        if tried == most:
            break
        if _claim(delivery):
            _try(delivery)
            tried += 1
    return tried


def _claim(delivery: HookDelivery) -> bool:
    """Takes a delivery for this process: of several who try, one succeeds."""
    waiting = HookDelivery.objects.filter(
        pk=delivery.pk, status=delivery.status, next_try_at=delivery.next_try_at
    )
    return waiting.update(next_try_at=timezone.now() + _CLAIM, attempts=F("attempts") + 1) == 1


def _try(delivery: HookDelivery) -> None:
    delivery.refresh_from_db(fields=["attempts", "body"])
    try:
        status = _post(delivery)
    except EventGone as error:
        _give_up(delivery, str(error))
    except PostFailed as error:
        _failed(delivery, str(error))
        _let_others_go_first(delivery)
    except Exception as error:
        logger.exception("delivery %s could not be made", delivery.pk)
        _failed(delivery, f"{type(error).__name__} on this side")
    else:
        if 200 <= status < 300:
            delivery.status, delivery.answer = HookDelivery.Status.SENT, str(status)
            delivery.sent_at = timezone.now()
            delivery.save(update_fields=["status", "answer", "sent_at", "body"])
        else:
            _failed(delivery, str(status))


class EventGone(Exception):
    """What a delivery was to tell of is no longer in the log."""


def _post(delivery: HookDelivery) -> int:
    """The HTTP status of the answer; the body is made with the first attempt."""
    if not delivery.body:
        events = events_at([delivery.position])
        if not events:
            raise EventGone("the event is no longer in the log")
        delivery.body = envelope(events[0])
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Livedesk-Hook/1",
        "Livedesk-Delivery": str(delivery.pk),
        SIGNATURE_HEADER: signature(delivery.hook.secret, delivery.body, int(time.time())),
    }
    return post(delivery.hook.url, delivery.body.encode(), headers)


def signature(secret: str, body: str, timestamp: int) -> str:
    """``t=<unix seconds>,v1=<hex>``: HMAC-SHA256 over ``<timestamp>.<body>`` with the hook's secret."""
    message = f"{timestamp}.{body}".encode()
    return f"t={timestamp},v1={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


def _failed(delivery: HookDelivery, answer: str) -> None:
    if delivery.attempts > len(WAITS):
        _give_up(delivery, answer)
        return
    delivery.answer = answer[:300]
    delivery.next_try_at = timezone.now() + WAITS[delivery.attempts - 1]
    delivery.save(update_fields=["answer", "next_try_at", "body"])


def _let_others_go_first(delivery: HookDelivery) -> None:
    """An address that doesn't answer costs a timeout for each try: what else is due there waits, so that other hooks don't."""
    now = timezone.now()
    HookDelivery.objects.filter(
        hook_id=delivery.hook_id, status=HookDelivery.Status.QUEUED, next_try_at__lte=now
    ).update(next_try_at=now + WAITS[0])


def _give_up(delivery: HookDelivery, answer: str) -> None:
    logger.warning("delivery %s is given up: %s", delivery.pk, answer)
    delivery.status, delivery.answer = HookDelivery.Status.DEAD, answer[:300]
    delivery.save(update_fields=["status", "answer", "body"])


def replay(deliveries: list[HookDelivery]) -> None:
    """Queues deliveries anew, whatever became of them."""
    HookDelivery.objects.filter(pk__in=[d.pk for d in deliveries]).update(
        status=HookDelivery.Status.QUEUED, attempts=0, next_try_at=timezone.now(), answer=""
    )

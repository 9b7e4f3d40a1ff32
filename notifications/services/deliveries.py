"""The queue of e-mails and pushes: what goes in, who takes it out, what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from notifications.conf import notifications_config
from notifications.models import Delivery, DeliveryStatus, Notification, PushSubscription
from notifications.policies import Policy, due_at, retry_after, waits_for_digest
from notifications.registry import Channel, Kind


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that was written, and by what it is carried beside the app."""

    notification: Notification
    policy: Policy
    channels: Collection[Channel]
    browsers: Sequence[PushSubscription]

    def ways(self) -> Iterator[tuple[Channel, PushSubscription | None]]:
        """E-mail, and each browser."""
        if Channel.EMAIL in self.channels and self.notification.recipient.email:
            yield Channel.EMAIL, None
        if Channel.PUSH in self.channels:
            yield from ((Channel.PUSH, browser) for browser in self.browsers)


def queue_deliveries(kind: Kind, told: Iterable[Told]) -> None:
    """Queues what carries notifications of a kind beside the app.

    One that has grown and whose delivery still waits needs no second: texts are written when they are sent.
    """
    config = notifications_config()
    told = list(told)
    waiting = _waiting([one.notification for one in told if one.notification.count > 1])
    now, zone = timezone.now(), timezone.get_default_timezone()
    delay = timedelta(seconds=config.email_delay)
    Delivery.objects.bulk_create(
        Delivery(
            notification=one.notification,
            user=one.notification.recipient,
            channel=channel,
            subscription=browser,
            from_count=one.notification.count,
            digest=waits_for_digest(kind, channel, one.policy.settings),
            due_at=due_at(
                kind, channel, one.policy.settings, now=now, delay=delay, default_zone=zone
            ),
        )
        for one in told
        for channel, browser in one.ways()
        if (one.notification.pk, channel, browser and browser.pk) not in waiting
        and (config.email_enabled or channel is not Channel.EMAIL)
    )


def _waiting(grown: Collection[Notification]) -> set[tuple[Any, str, Any]]:
    if not grown:
        return set()
    rows = Delivery.objects.filter(
        notification__in=grown, status=DeliveryStatus.QUEUED, attempts=0, leased_until=None
    )
    return set(rows.values_list("notification", "channel", "subscription"))


def due_deliveries(now: datetime | None = None) -> QuerySet[Delivery]:
    """What is to be tried now and isn't held by another worker, oldest first."""
    now = now or timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return Delivery.objects.filter(free, status=DeliveryStatus.QUEUED, due_at__lte=now).order_by(
        "due_at"
    )


def claim(ids: Iterable[Any], now: datetime | None = None) -> list[Delivery]:
    """Takes due deliveries out of the queue for a while: those that no other worker took first."""
    now = now or timezone.now()
    until = now + timedelta(seconds=notifications_config().lease)
    taken = [
        pk
        for pk in ids
        if due_deliveries(now)
        .filter(pk=pk)
        .order_by()
        .update(leased_until=until, attempts=F("attempts") + 1)
    ]
    rows = Delivery.objects.filter(pk__in=taken).select_related(
        "notification__recipient", "notification__actor", "user", "subscription"
    )
    return list(rows.order_by("created_at"))


def finish_sent(deliveries: Sequence[Delivery], *, address: str, message_id: str = "") -> None:
    """Writes down that these went out, as one message."""
    _finish(
        deliveries,
        status=DeliveryStatus.SENT,
        sent_at=timezone.now(),
        address=address,
        message_id=message_id,
        reason="",
    )


def finish_skipped(deliveries: Sequence[Delivery], *, reason: str) -> None:
    """Writes down that these aren't needed any more."""
    _finish(deliveries, status=DeliveryStatus.SKIPPED, reason=reason)


def finish_failed(deliveries: Sequence[Delivery], *, reason: str, for_good: bool) -> None:
    """Writes down why these failed, and tries them again later unless that is of no use."""
    config = notifications_config()
    for delivery in deliveries:
        if for_good or delivery.attempts >= config.most_attempts:
            _finish([delivery], status=DeliveryStatus.FAILED, reason=reason[:2000])
        else:
            wait = retry_after(delivery.attempts, config.first_retry, config.longest_retry)
            _finish([delivery], due_at=timezone.now() + wait, reason=reason[:2000])


def try_again(deliveries: QuerySet[Delivery]) -> int:
    """Queues failed and skipped deliveries anew; returns how many."""
    again = deliveries.filter(status__in=[DeliveryStatus.FAILED, DeliveryStatus.SKIPPED])
    return again.update(
        status=DeliveryStatus.QUEUED,
        due_at=timezone.now(),
        leased_until=None,
        attempts=0,
        digest=False,
        reason="",
    )


def _finish(deliveries: Sequence[Delivery], **changes: Any) -> None:
    ids = [delivery.pk for delivery in deliveries]
    Delivery.objects.filter(pk__in=ids).update(leased_until=None, **changes)

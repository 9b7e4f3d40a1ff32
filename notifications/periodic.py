"""The periodic work of notifications."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from notifications.conf import notifications_config
from notifications.jobs import periodic
from notifications.models import Delivery, DeliveryStatus, InboundMessage, Notification
from notifications.services.deliveries import due_deliveries
from notifications.services.sending import send_due_deliveries


@periodic(
    "notifications.send",
    every=2,
    label="Send e-mails, digests and pushes that are due",
    needed=lambda: due_deliveries().exists(),
)
def send() -> str:
    return send_due_deliveries()


@periodic("notifications.forget", every=timedelta(hours=6), label="Forget old notifications")
def forget() -> str:
    """Deletes finished deliveries, and notifications that were read or archived, after ``keep_days``.

    Of e-mails that came in only the text goes: their rows tell those that are read again.
    """
    before = timezone.now() - timedelta(days=notifications_config().keep_days)
    finished = Delivery.objects.filter(created_at__lt=before).exclude(status=DeliveryStatus.QUEUED)
    deliveries, _ = finished.delete()
    done = Q(read_at__lt=before) | Q(archived_at__lt=before) | Q(in_app=False)
    old = Notification.objects.filter(done, last_at__lt=before).exclude(deliveries__status="queued")
    notifications, _ = old.delete()
    refused = InboundMessage.objects.filter(received_at__lt=before).exclude(content="")
    return f"{notifications} notifications, {deliveries} deliveries, {refused.update(content='')} refused e-mails"

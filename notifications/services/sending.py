"""Sending what is due: the work of the job ``notifications.send``."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from notifications.models import Delivery, Notification
from notifications.policies import channels_for
from notifications.registry import Channel, kind_named
from notifications.selectors import policies_for
from notifications.services.deliveries import (
    claim,
    due_deliveries,
    finish_failed,
    finish_sent,
    finish_skipped,
)
from notifications.transports.base import SendingFailed, Transport
from notifications.transports.email import EmailTransport
from notifications.transports.push import PushTransport
from realtime.registry import registry
from realtime.rules import may_hear

logger = logging.getLogger("notifications.sending")

_BATCH = 200
_PATIENCE = 3
"""After so many failures in a row a channel is left alone until the next run: each may have taken a whole time-out."""

Messages = Iterator[list[Delivery]]


def send_due_deliveries() -> str:
    """Sends what is due, each delivery by one worker however many look; returns a summary for people."""
    done: Counter[str] = Counter(sent=0, skipped=0, failed=0)
    for channel, transport in _transports():
        failures = 0
        for message in _due_messages(channel):
            outcomes: Counter[str] = Counter()
            for outcome, number in _deliver(message, transport):
                outcomes[outcome] += number
            done += outcomes
            failures = failures + 1 if outcomes["failed"] else 0
            if failures >= _PATIENCE:
                break
    return ", ".join(f"{done[outcome]} {outcome}" for outcome in ("sent", "skipped", "failed"))


def _transports() -> Iterator[tuple[Channel, Transport]]:
    transports: dict[Channel, type[Transport]] = {
        Channel.EMAIL: EmailTransport,
        Channel.PUSH: PushTransport,
    }
    for channel, make in transports.items():
        with closing(make()) as transport:
            yield channel, transport


def _due_messages(channel: Channel) -> Messages:
    """Due deliveries, claimed just before they are sent; a user's digest is one message."""
    due = due_deliveries().filter(channel=channel).values_list("pk", "digest", "user")[:_BATCH]
    singles = [pk for pk, digest, _ in due if not digest]
    digest_users = sorted({user for _, digest, user in due if digest})
    for pk in singles:
        if taken := claim([pk]):
            yield taken
    for user_id in digest_users:
        waiting = due_deliveries().filter(channel=channel, digest=True, user=user_id)
        if taken := claim(list(waiting.values_list("pk", flat=True))):
            yield taken


def _deliver(deliveries: list[Delivery], transport: Transport) -> Iterator[tuple[str, int]]:
    """Sends deliveries as one message, but those that nobody needs any more."""
    reasons = {delivery.pk: _not_needed(delivery) for delivery in deliveries}
    for reason, group in _by_reason(deliveries, reasons).items():
        if reason:
            finish_skipped(group, reason=reason)
            yield "skipped", len(group)
            continue
        try:
            sent = transport.send(group)
        except SendingFailed as error:
            finish_failed(group, reason=str(error), for_good=error.for_good)
            yield "failed", len(group)
        except Exception as error:
            logger.exception("a delivery failed unexpectedly")
            finish_failed(group, reason=f"{type(error).__name__}: {error}", for_good=False)
            yield "failed", len(group)
        else:
            finish_sent(group, address=sent.address, message_id=sent.message_id)
            yield "sent", len(group)


def _by_reason(
    deliveries: Sequence[Delivery], reasons: dict[Any, str]
) -> dict[str, list[Delivery]]:
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        groups.setdefault(reasons[delivery.pk], []).append(delivery)
    return groups


def _rooms_of(row: Notification) -> list[str]:
    """What one must be allowed to hear to be told: what it is about, if that is a room, and the one that it names."""
    named = row.data.get("room", "") if isinstance(row.data, dict) else ""
    return [room for room in (row.target, named) if registry.resolve(room)]


def _not_needed(delivery: Delivery) -> str:
    """Why a delivery needn't be sent any more; empty if it must."""
    row = delivery.notification
    if row.in_app and (row.read_at or row.archived_at):
        return "it was read in the app before"
    if row.count == 1 and isinstance(row.data, dict) and row.data.get("withdrawn"):
        return "what it was about was taken back"
    if not delivery.user.is_active:
        return "the user is not active any more"
    if delivery.channel == Channel.EMAIL and not delivery.user.email:
        return "the user has no e-mail address any more"
    if not all(may_hear(delivery.user, room) for room in _rooms_of(row)):
        return "the user may not see it any more"
    try:
        kind = kind_named(row.kind)
    except LookupError:
        return "the app that declared its kind is gone"
    policy = policies_for([row.recipient_id], kind=row.kind, target=row.target)[row.recipient_id]
    if delivery.channel not in channels_for(kind, policy):
        return "the user doesn't want it any more"
    return ""

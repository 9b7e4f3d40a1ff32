"""Telling people something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone, translation

import realtime
from notifications.conf import notifications_config
from notifications.models import Delivery, Notification, Quote
from notifications.policies import Policy, channels_for
from notifications.registry import Channel, Kind, Level, kind_named
from notifications.selectors import (
    Counts,
    browsers_by_user,
    counts_by_user,
    counts_of,
    name_of,
    policies_for,
)
from notifications.services.counting import correct_counts
from notifications.services.deliveries import Told, queue_deliveries

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, the same for all recipients."""

    kind: Kind
    title: str
    message: str
    url: str
    actor: User | None
    level: Level
    target: str
    group_key: str
    data: Mapping[str, Any]

    def write_into(self, row: Notification, language: str) -> None:
        """Writes what changes with each occurrence, in the recipient's language."""
        with translation.override(language or settings.LANGUAGE_CODE):
            actor = name_of(self.actor.get_username() if self.actor else None)
            values = {"actor": actor, **self.data}
            row.title = cut_title(self.kind.title_for(self.title, row.count, values))
            row.message = self.kind.message_for(self.message, row.count, values)
        row.actor, row.level, row.url = self.actor, self.level, self.url
        row.data = dict(self.data)


@dataclass(slots=True)
class Recipient:
    """One who is told: what they decided, and their counters before."""

    user: User
    policy: Policy
    channels: frozenset[Channel]
    counts: Counts

    @property
    def in_app(self) -> bool:
        return Channel.IN_APP in self.channels


def notify(
    *,
    kind: str,
    recipients: Iterable[User],
    title: str = "",
    message: str = "",
    url: str = "",
    actor: User | None = None,
    level: str = "",
    target: str = "",
    group_key: str = "",
    data: Mapping[str, Any] | None = None,
    source: str = "",
) -> list[Notification]:
    """Tells ``recipients`` something, in the running transaction (or in one of its own); the actor and inactive users are left out.

    ``title`` and ``message`` are for kinds that have no templates of their own. ``level`` is info, success, warning or error; empty: the kind's own. ``target`` is what it is about (``ticket:<uuid>``),
    by which a user may mute it. Of the same ``group_key`` a user has one unread notification at most: it grows (``count``)
    instead of being followed by another. ``data["thread_subject"]``, if given, is the subject of e-mails about the target, so
    that mail programs keep them together; ``data["room"]`` is a room that one must be allowed to hear, beside the target, when
    an e-mail or a push is sent. ``source`` is what its text quotes (``message:<uuid>``), if people may change that or take
    it back: see `correct_quotes`. Returns the rows, by recipient; who doesn't want to hear of it has none.

    Raises:
        LookupError: no app registered the kind.
        ValueError: the level is unknown.
    """
    declared = kind_named(kind)
    notice = Notice(
        kind=declared,
        title=title,
        message=message,
        url=url,
        actor=actor,
        level=Level(level) if level else declared.level,
        target=target,
        group_key=group_key,
        data=data or {},
    )
    told = _who_hears(notice, recipients)
    if not told:
        return []
    with transaction.atomic():
        return _tell(notice, told, source)


def _tell(notice: Notice, told: Mapping[Any, Recipient], source: str) -> list[Notification]:
    with realtime.acting_as(notice.actor) if notice.actor else nullcontext():
        rows = _write(notice, told)
    if source:
        Quote.objects.bulk_create(
            Quote(notification=row, source=source, count=row.count) for row in rows.values()
        )
    browsers = browsers_by_user(list(told)) if notifications_config().push_enabled else {}
    queue_deliveries(
        notice.kind,
        [
            Told(row, told[pk].policy, told[pk].channels, browsers.get(pk, []))
            for pk, row in rows.items()
        ],
    )
    counts = {pk: row.counts for pk, row in rows.items() if row.in_app and row.counts}
    if counts:
        transaction.on_commit(partial(correct_counts, counts))
    return list(rows.values())


def _who_hears(notice: Notice, recipients: Iterable[User]) -> dict[Any, Recipient]:
    """By primary key, in its order, so that two calls lock rows in the same order."""
    actor_pk = notice.actor.pk if notice.actor else None
    users = {user.pk: user for user in recipients if user.is_active and user.pk != actor_pk}
    if not users:
        return {}
    policies = policies_for(list(users), kind=notice.kind.name, target=notice.target)
    counts = counts_by_user(users)
    found = {
        pk: Recipient(users[pk], policies[pk], channels_for(notice.kind, policies[pk]), counts[pk])
        for pk in sorted(users)
    }
    return {pk: recipient for pk, recipient in found.items() if recipient.channels}


def _write(notice: Notice, told: Mapping[Any, Recipient]) -> dict[Any, Notification]:
    """Lets open notifications of the group grow, and makes new ones for the others."""
    grown = _grow_open(notice, told)
    new = {pk: _new(notice, told[pk]) for pk in told if pk not in grown}
    rows = {**grown, **_write_new(notice, told, new)}
    return {pk: rows[pk] for pk in told}


def _write_new(
    notice: Notice, told: Mapping[Any, Recipient], new: dict[Any, Notification]
) -> dict[Any, Notification]:
    if not new:
        return new
    try:
        with transaction.atomic():
            Notification.objects.bulk_create(new.values())
    except IntegrityError:  # another transaction has opened the group for one of them
        new = {pk: _write_one(notice, told[pk]) for pk in new}
    return new


def _write_one(notice: Notice, recipient: Recipient) -> Notification:
    row = _new(notice, recipient)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        recipient.counts = counts_of(recipient.user.pk)
        grown = _grow_open(notice, {recipient.user.pk: recipient})
        if not grown:
            raise
        [row] = grown.values()
    return row


def _new(notice: Notice, recipient: Recipient) -> Notification:
    row = Notification(
        recipient=recipient.user,
        kind=notice.kind.name,
        target=notice.target,
        group_key=notice.group_key,
        mention=notice.kind.mention,
        in_app=recipient.in_app,
    )
    notice.write_into(row, recipient.policy.settings.language)
    unread, unseen = recipient.counts["unread"], recipient.counts["unseen"]
    row.counts = Counts(unread=unread + 1, unseen=unseen + 1)
    return row


def _grow_open(notice: Notice, told: Mapping[Any, Recipient]) -> dict[Any, Notification]:
    if not notice.group_key:
        return {}
    grown = {}
    for in_app in (True, False):
        wanted = [pk for pk, recipient in told.items() if recipient.in_app is in_app]
        for row in _open(notice.group_key, wanted, in_app) if wanted else ():
            if row.recipient_id not in grown:
                grown[row.recipient_id] = _grow(row, notice, told[row.recipient_id])
    rows = list(grown.values())
    if len(rows) == 1:  # saved alone it isn't read again
        rows[0].save()
    elif rows:
        Notification.objects.bulk_update(rows, _GROWING, batch_size=_AT_ONCE)
    return grown


def _open(group_key: str, recipients: Collection[Any], in_app: bool) -> QuerySet[Notification]:
    """The unread rows of a group, locked. What isn't in the app is open as long as it waits to be sent."""
    rows = Notification.objects.select_for_update(of=("self",)).filter(
        recipient__in=recipients,
        group_key=group_key,
        in_app=in_app,
        read_at=None,
        archived_at=None,
    )
    if not in_app:
        waiting = Delivery.objects.filter(notification=OuterRef("pk"), status="queued")
        rows = rows.filter(Exists(waiting))
    return rows.order_by("recipient_id", "-last_at")


def _grow(row: Notification, notice: Notice, recipient: Recipient) -> Notification:
    unseen = recipient.counts["unseen"] + (row.seen_at is not None)
    row.recipient = recipient.user
    row.count += 1
    row.last_at, row.seen_at = timezone.now(), None
    row.counts = Counts(unread=recipient.counts["unread"], unseen=unseen)
    notice.write_into(row, recipient.policy.settings.language)
    return row


_GROWING = (
    *("count", "last_at", "seen_at", "actor", "level"),
    *("title", "message", "url", "data"),
)
"""The columns that `_grow` changes."""
_AT_ONCE = 100
"""Rows of one statement."""


def cut_title(title: str) -> str:
    """A title that fits into its column."""
    limit = Notification._meta.get_field("title").max_length or 0
    return title if len(title) <= limit else title[: limit - 1] + "…"

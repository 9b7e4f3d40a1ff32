"""Tickets, their numbers and tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from tickets.states import Status

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from tickets.models.message import Message
    from tickets.models.people import Participant
    from tickets.models.sla import SLAClock

_FIRST_NUMBER = 1001

QUIET_FIELDS = frozenset(
    {
        "version",
        "updated_at",
        "first_reply_at",
        "last_reply_at",
        "last_customer_reply_at",
        "last_agent_reply_at",
    }
)
"""What follows from messages: their change makes no new version, so that a reply doesn't spoil somebody's edit."""

FOLLOWING_FIELDS = QUIET_FIELDS | {"resolved_at", "closed_at", "created_at"}
"""What follows from other changes: told of, and noted, it would only repeat them."""


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class LowerCaseField(models.CharField):  # type: ignore[type-arg]  # Django has none when it runs
    """A text in lower case, however it is written, looked up or brought in."""

    def to_python(self, value: Any) -> Any:
        return _lower(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return _lower(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Tag(models.Model):
    name = LowerCaseField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return str(self.name)


class NumberAllocation(models.Model):
    """Each row is one number taken: no two transactions wait for each other, and a rollback leaves a gap."""

    id = models.BigAutoField(primary_key=True)

    @classmethod
    def take(cls) -> int:
        """The next number."""
        return int(cls.objects.create().pk) + _FIRST_NUMBER - 1


class TicketQuerySet(models.QuerySet["Ticket"]):
    def update(self, **values: Any) -> int:
        if "version" not in values and set(values) - QUIET_FIELDS:
            values["version"] = F("version") + 1
        return super().update(**values)

    def bulk_create(self, objs: Iterable[Ticket], *args: Any, **kwargs: Any) -> list[Ticket]:
        rows = list(objs)
        for row in rows:
            row.number = row.number or NumberAllocation.take()
        return super().bulk_create(rows, *args, **kwargs)


class TicketManager(models.Manager["Ticket"]):
    _queryset_class = TicketQuerySet


class Ticket(models.Model):
    """A request for help, from the first message to the last.

    ``version`` grows with every change of what can be edited; it is the ETag.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True, editable=False)
    subject = models.CharField(max_length=250)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="requested_tickets",
        help_text=_("Empty once the user is deleted."),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_tickets",
    )
    queue = models.ForeignKey("tickets.Queue", models.PROTECT, related_name="tickets")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.NEW)
    priority = models.CharField(max_length=20, choices=Priority.choices, default=Priority.NORMAL)
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets")
    custom_fields = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_tickets",
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text=_("Who filed it; an agent may do so for a customer."),
    )
    client_id = models.CharField(max_length=80, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    first_reply_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("An agent's first reply.")
    )
    last_reply_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_customer_reply_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_agent_reply_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TicketManager()

    outsiders: dict[Any, list[Any]]
    """What its events have asked already: ids of those who see it otherwise than through its queue, by whom it concerns."""

    if TYPE_CHECKING:
        messages: RelatedManager[Message]
        participants: RelatedManager[Participant]
        clocks: RelatedManager[SLAClock]
        requester_id: int | None
        assignee_id: int | None
        queue_id: int

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "client_id"], name="tickets_ticket_client_id"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(status=Status.MERGED),
                name="tickets_merged_status",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "status", "-id"], name="tickets_by_queue"),
            models.Index(fields=["assignee", "status", "-id"], name="tickets_by_assignee"),
            models.Index(fields=["requester", "-id"], name="tickets_by_requester"),
            models.Index(fields=["status", "-id"], name="tickets_by_status"),
            models.Index(
                fields=["snoozed_until"],
                condition=Q(snoozed_until__isnull=False),
                name="tickets_snoozed",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.number = self.number or NumberAllocation.take()
        else:
            self._count_version(kwargs)
        super().save(*args, **kwargs)

    def _count_version(self, kwargs: dict[str, Any]) -> None:
        fields = kwargs.get("update_fields")
        if fields is None:
            self.version += 1
        elif set(fields) - QUIET_FIELDS:
            self.version += 1
            kwargs["update_fields"] = {*fields, "version", "updated_at"}
        else:
            kwargs["update_fields"] = {*fields, "updated_at"}

    @property
    def room(self) -> str:
        """The topic of its conversation."""
        return f"ticket:{self.pk}"

    @property
    def notes_room(self) -> str:
        """The topic of its internal notes."""
        return f"ticket-notes:{self.pk}"

    @property
    def path(self) -> str:
        """Where people open it."""
        return f"/tickets/{self.pk}"

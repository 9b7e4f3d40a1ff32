"""What makes agents' work lighter: prepared texts, saved searches, rules that act by themselves; and what customers think."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from realtime.errors import RealtimeError

if TYPE_CHECKING:
    import uuid


class CannedReply(models.Model):
    """A prepared text. ``{customer}``, ``{agent}``, ``{number}`` and ``{subject}`` are filled in for a ticket."""

    name = models.CharField(max_length=120)
    content = models.TextField(max_length=65_536, help_text=_("Markdown."))
    queue = models.ForeignKey(
        "tickets.Queue",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_replies",
        help_text=_("Empty: for all queues."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        created_by_id: int | None

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return self.name


def validate_query(text: str) -> None:
    """A validator for what is searched for."""
    from tickets.search import parse

    _require(parse, text)


def validate_condition(text: str) -> None:
    """A validator for when a trigger acts."""
    from tickets.triggers import check_condition

    _require(check_condition, text)


def validate_actions(given: Any) -> None:
    """A validator for what a trigger does."""
    from tickets.triggers import check_actions

    _require(check_actions, given)


def _require(check: Callable[[Any], object], given: Any) -> None:
    try:
        check(given)
    except (RealtimeError, ValueError) as error:
        raise ValidationError(str(error)) from None


class SavedFilter(models.Model):
    """A search that an agent comes back to; shared ones are there for every agent."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField(max_length=120)
    query = models.CharField(
        max_length=500, validators=[validate_query], help_text=_("status:open assignee:me …")
    )
    shared = models.BooleanField(default=False)

    if TYPE_CHECKING:
        owner_id: int

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="tickets_saved_filter_once")
        ]

    def __str__(self) -> str:
        return self.name


class Rating(models.Model):
    """How content the customer was."""

    ticket = models.OneToOneField("tickets.Ticket", models.CASCADE, related_name="rating")
    score = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.TextField(max_length=2_000, blank=True)
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        ticket_id: uuid.UUID

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__gte=1, score__lte=5), name="tickets_rating_score"
            )
        ]

    def __str__(self) -> str:
        return f"{self.score} of 5"


class TriggerEvent(models.TextChoices):
    TICKET_CREATED = "ticket.created", _("A ticket is filed")
    TICKET_CHANGED = "ticket.changed", _("A ticket is changed, assigned or moved")
    CUSTOMER_REPLIED = "customer.replied", _("A customer replies")
    AGENT_REPLIED = "agent.replied", _("An agent replies")


class Trigger(models.Model):
    """If something happens to a ticket that a search describes, then the desk does something by itself.

    ``actions`` are done in order: ``[{"do": "assign", "to": "alice"}, {"do": "tag", "name": "vip"}, …]`` (see
    `tickets.triggers`).
    """

    name = models.CharField(max_length=120, unique=True)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=100, help_text=_("Lower ones come first."))
    event = models.CharField(max_length=30, choices=TriggerEvent.choices)
    condition = models.CharField(
        max_length=500,
        blank=True,
        validators=[validate_condition],
        help_text=_("As in the search: priority:urgent queue:support. Empty: always."),
    )
    actions = models.JSONField(default=list, validators=[validate_actions])
    runs = models.PositiveIntegerField(default=0, editable=False)
    last_run_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

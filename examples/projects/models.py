"""Projects, their members, channels and tasks, and what is said in their rooms."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Project(models.Model):
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    archived = models.BooleanField(default=False)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="projects"
    )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who may see a project: all that is in it follows from this row."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="projects_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"


class Channel(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="channels")
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"#{self.name}"


class Task(models.Model):
    class Status(models.TextChoices):
        TODO = "todo", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        DONE = "done", "Done"

    project = models.ForeignKey(Project, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.TODO)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="tasks"
    )

    def __str__(self) -> str:
        return self.title


class ChannelMessage(models.Model):
    """What somebody said in the room of a channel, a project or a task: exactly one of the three."""

    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="messages")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="messages")
    task = models.ForeignKey(Task, models.CASCADE, null=True, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    content = models.TextField()
    client_id = models.CharField(max_length=80, null=True, blank=True)
    seq = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=["author", "client_id", kind], name=f"projects_message_in_{kind}_once"
                )
                for kind in ("channel", "project", "task")
            ),
            models.CheckConstraint(
                name="projects_message_one_room",
                condition=(
                    models.Q(channel__isnull=False, project__isnull=True, task__isnull=True)
                    | models.Q(channel__isnull=True, project__isnull=False, task__isnull=True)
                    | models.Q(channel__isnull=True, project__isnull=True, task__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60]

    @property
    def room(self) -> str:
        """The topic in which it was said."""
        for kind in ("channel", "project", "task"):
            key = getattr(self, f"{kind}_id")
            if key is not None:
                return f"{kind}:{key}"
        raise ValueError("a message without a room")


class MessageReaction(models.Model):
    message = models.ForeignKey(ChannelMessage, models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "user", "emoji"], name="projects_reaction_once"
            )
        ]

    def __str__(self) -> str:
        return self.emoji


class RoomPointer(models.Model):
    """How far somebody has read in a room."""

    room = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="projects_pointer_once")
        ]

    def __str__(self) -> str:
        return f"{self.room} #{self.seq}"

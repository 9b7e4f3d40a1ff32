"""How projects, channels, tasks and messages look in REST and in events."""

from __future__ import annotations

from rest_framework import serializers

from examples.membership import own
from examples.projects.models import Channel, ChannelMessage, MessageReaction, Project, Task

OwnProject = own("members")


class ProjectSerializer(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = ["id", "name", "description", "archived"]


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    project = OwnProject(queryset=Project.objects.all())

    class Meta:
        model = Channel
        fields = ["id", "project", "name"]


class TaskSerializer(serializers.ModelSerializer[Task]):
    project = OwnProject(queryset=Project.objects.all())

    class Meta:
        model = Task
        fields = ["id", "project", "title", "description", "status", "assignee"]


class MessageSerializer(serializers.ModelSerializer[ChannelMessage]):
    author = serializers.SerializerMethodField()

    class Meta:
        model = ChannelMessage
        fields = [
            "id",
            "seq",
            "client_id",
            "room",
            "content",
            "author",
            "created_at",
            "edited_at",
        ]
        read_only_fields = fields

    def get_author(self, message: ChannelMessage) -> dict[str, str]:
        return {"id": str(message.author_id), "username": message.author.get_username()}


class ReactionSerializer(serializers.ModelSerializer[MessageReaction]):
    """The data of ``reaction.added`` and ``reaction.removed``."""

    message_id = serializers.IntegerField()
    user = serializers.SerializerMethodField()

    class Meta:
        model = MessageReaction
        fields = ["message_id", "emoji", "user"]
        read_only_fields = fields

    def get_user(self, reaction: MessageReaction) -> dict[str, str]:
        return {"id": str(reaction.user_id), "username": reaction.user.get_username()}

"""The matrix of kinds and channels, one's times, and what is muted."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from notifications.models import ChannelPreference, MutedTarget, NotificationSettings
from notifications.registry import Channel, kinds, kinds_for
from notifications.selectors import settings_of


class ChannelsSerializer(serializers.Serializer[Any]):
    """One row of the matrix: which channels carry a kind."""

    in_app = serializers.BooleanField(required=False)
    email = serializers.BooleanField(required=False)
    push = serializers.BooleanField(required=False)


class KindSerializer(serializers.Serializer[Any]):
    """One kind, what it is called, who gets it, and its channels."""

    kind = serializers.CharField(max_length=80)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]  # fields aren't attributes
    audience = serializers.CharField(read_only=True)
    channels = ChannelsSerializer()

    def validate_kind(self, name: str) -> str:
        if name not in {kind.name for kind in kinds()}:
            raise serializers.ValidationError(_("There is no such kind."), code="unknown_kind")
        return name


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"})
class ClockField(serializers.TimeField):
    """A time of day in the user's own zone, ``08:00``: OpenAPI's ``time`` would need an offset."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M", "%H:%M:%S"], **options)


class SettingsSerializer(serializers.ModelSerializer[NotificationSettings]):
    """One's times. Quiet hours need both ends; equal ends mean none."""

    language = serializers.ChoiceField(
        choices=[("", "")] + [(code, code) for code, _name in settings.LANGUAGES],
        required=False,
        allow_blank=True,
    )
    quiet_from = ClockField(required=False, allow_null=True)
    quiet_until = ClockField(required=False, allow_null=True)
    digest_at = ClockField(required=False)
    emails_stopped = serializers.BooleanField(required=False)

    class Meta:
        model = NotificationSettings
        fields = [
            "timezone",
            "language",
            "quiet_from",
            "quiet_until",
            "digest",
            "digest_at",
            "digest_weekday",
            "emails_stopped",
        ]
        extra_kwargs = {"digest_weekday": {"min_value": 0, "max_value": 6}}

    def to_representation(self, instance: NotificationSettings) -> dict[str, Any]:
        instance.emails_stopped = instance.emails_stopped_at is not None  # type: ignore[attr-defined]
        return dict(super().to_representation(instance))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:  # what is stored isn't known here; the view asks again
            return attrs
        ends = {
            name: attrs.get(name, getattr(self.instance, name))
            for name in ("quiet_from", "quiet_until")
        }
        missing = [name for name, value in ends.items() if value is None]
        if len(missing) == 1:
            raise serializers.ValidationError(
                {missing[0]: _("Quiet hours need a beginning and an end.")}
            )
        return attrs


class PreferencesSerializer(serializers.Serializer[Any]):
    """Everything a user decides. In a PATCH what is absent stays as it is."""

    kinds = KindSerializer(many=True, required=False)
    settings = SettingsSerializer(required=False)

    @staticmethod
    def of(user: Any) -> dict[str, Any]:
        """The matrix of what the user can get, and their settings, in two queries."""
        cells = {
            (kind, channel): enabled
            for kind, channel, enabled in ChannelPreference.objects.filter(user=user).values_list(
                "kind", "channel", "enabled"
            )
        }
        return {
            "kinds": [
                {
                    "kind": kind.name,
                    "label": str(kind.label),
                    "audience": str(kind.audience),
                    "channels": {
                        channel.value: cells.get((kind.name, channel), channel in kind.channels)
                        for channel in Channel
                    },
                }
                for kind in kinds_for(user)
            ],
            "settings": SettingsSerializer(settings_of(user)).data,
        }


class MutedTargetSerializer(serializers.ModelSerializer[MutedTarget]):
    """Something one doesn't hear of, for good or until a moment."""

    until = serializers.DateTimeField(default_timezone=UTC, required=False, allow_null=True)
    created_at = serializers.DateTimeField(default_timezone=UTC, read_only=True)

    class Meta:
        model = MutedTarget
        fields = ["target", "until", "created_at"]

"""Browsers that take pushes."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext as _
from rest_framework import serializers

from notifications.models import PushSubscription
from notifications.transports.push_services import is_push_service


def decode_base64url(text: str) -> bytes:
    """The bytes of base64url text, with or without padding.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error


class KeysSerializer(serializers.Serializer[Any]):
    """The browser's keys: a P-256 point and a secret of 16 bytes (RFC 8291), in base64url."""

    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=40)

    def validate_p256dh(self, text: str) -> str:
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode_base64url(text))
        except ValueError as error:
            raise serializers.ValidationError(_("This is not a P-256 public key.")) from error
        return text

    def validate_auth(self, text: str) -> str:
        try:
            secret = decode_base64url(text)
        except ValueError:
            secret = b""
        if len(secret) != 16:
            raise serializers.ValidationError(_("This is not a secret of 16 bytes."))
        return text


class BrowserSerializer(serializers.ModelSerializer[PushSubscription]):
    """A browser, in the form of ``PushSubscription.toJSON()``; its keys aren't shown again."""

    id = serializers.CharField(read_only=True)
    endpoint = serializers.URLField(max_length=1000, write_only=True)
    keys = KeysSerializer(write_only=True)
    created_at = serializers.DateTimeField(default_timezone=UTC, read_only=True)

    class Meta:
        model = PushSubscription
        fields = ["id", "endpoint", "keys", "user_agent", "created_at"]
        read_only_fields = ["user_agent"]

    def validate_endpoint(self, endpoint: str) -> str:
        if not is_push_service(endpoint):
            raise serializers.ValidationError(
                _("This push service is not allowed."), code="unknown_push_service"
            )
        return endpoint


class PushKeySerializer(serializers.Serializer[Any]):
    """``applicationServerKey`` for ``PushManager.subscribe``."""

    public_key = serializers.CharField()

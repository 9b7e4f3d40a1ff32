"""Bodies of the ``auth/`` paths."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers

from realtime.auth.staff import is_staff

_PASSWORD: dict[str, Any] = {
    "max_length": 4096,
    "trim_whitespace": False,
    "style": {"input_type": "password"},
    "write_only": True,
}


class SignIn(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(**_PASSWORD)


class Tokens(serializers.Serializer[Any]):
    """What a sign-in or a refresh gives."""

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)


class Refresh(serializers.Serializer[Any]):
    refresh = serializers.CharField(write_only=True, trim_whitespace=False)


class Verify(serializers.Serializer[Any]):
    token = serializers.CharField(write_only=True, trim_whitespace=False)


class LogOut(Refresh):
    all = serializers.BooleanField(default=False, write_only=True)


class PasswordChange(serializers.Serializer[Any]):
    """Needs ``user`` in the context."""

    old_password = serializers.CharField(**_PASSWORD)
    new_password = serializers.CharField(**_PASSWORD)

    def validate_old_password(self, value: str) -> str:
        if not self._user.check_password(value):
            raise serializers.ValidationError("This is not your password.")
        return value

    def validate_new_password(self, value: str) -> str:
        try:
            validate_password(value, self._user)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return value

    @property
    def _user(self) -> Any:
        return self.context["user"]


class Ticket(serializers.Serializer[Any]):
    ticket = serializers.CharField(read_only=True)
    expires_in = serializers.IntegerField(read_only=True, help_text="Seconds.")


class Me(serializers.Serializer[Any]):
    """The caller. ``name`` is the user name where there is no full name."""

    id = serializers.CharField(source="pk", read_only=True)
    username = serializers.CharField(source="get_username", read_only=True)
    name = serializers.SerializerMethodField()
    email = serializers.SerializerMethodField()
    is_staff = serializers.SerializerMethodField()

    def get_name(self, user: Any) -> str:
        find = getattr(user, "get_full_name", None)
        return (find() if find else "") or str(user.get_username())

    def get_email(self, user: Any) -> str:
        return getattr(user, "email", "") or ""

    def get_is_staff(self, user: Any) -> bool:
        return is_staff(user)

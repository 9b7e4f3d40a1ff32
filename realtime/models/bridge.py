"""Other services: the keys they publish with, and what they have published already."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models

from realtime.models.json_lists import JSONListField, is_list_of_strings

SCOPES: Final = ("user", "users", "room", "staff", "all")
"""What a publication can address."""


def validate_scopes(value: Any) -> None:
    if not is_list_of_strings(value) or not set(value) <= set(SCOPES):
        names = ", ".join(f'"{name}"' for name in SCOPES)
        raise ValidationError(f"This has to be a list of some of {names}.")


class ServiceKey(models.Model):
    """Lets a service publish. Only a hash is kept; the key is shown once, when it is made."""

    name = models.CharField(max_length=120, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = JSONListField(
        validators=[validate_scopes],
        help_text='What it may address: "user", "users", "room", "staff", "all". Empty: everything.',
    )
    rooms = models.CharField(
        max_length=200, blank=True, help_text="Rooms must begin with this; empty: any room."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Publication(models.Model):
    """A publication with an idempotency key: a retry finds it and does nothing."""

    key = models.ForeignKey(ServiceKey, models.CASCADE, related_name="publications")
    idempotency_key = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "idempotency_key"], name="realtime_publication_once"
            )
        ]

    def __str__(self) -> str:
        return self.idempotency_key

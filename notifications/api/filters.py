"""Filters that refuse what they don't understand, instead of passing over it."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class YesNoField(forms.Field):
    """``true`` or ``false``; nothing: no condition."""

    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if (word := str(value).lower()) not in _WORDS:
            raise ValidationError(_("Write true or false."), code="invalid")
        return _WORDS[word]


class YesNoFilter(django_filters.BooleanFilter):  # type: ignore[misc]  # it has no type information
    """django-filter's own takes every other word for "no condition"."""

    field_class = YesNoField

"""A dict in the Django settings as a typed struct."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

S = TypeVar("S", bound=msgspec.Struct)


class TypedSettings(Generic[S]):
    """``config = TypedSettings("REALTIME", Config)``: ``config()`` is ``settings.REALTIME`` (a dict, may be missing) as a ``Config``.

    Read once, and again when a test overrides the setting.
    """

    def __init__(self, name: str, struct: type[S]) -> None:
        self._name = name
        self._struct = struct
        self._read: S | None = None
        setting_changed.connect(self._forget)

    def __call__(self) -> S:
        """The settings of this process.

        Raises:
            ImproperlyConfigured: a key is unknown or a value has the wrong type; the text names it.
        """
        if self._read is None:
            given: dict[str, Any] = getattr(settings, self._name, {})
            try:
                self._read = msgspec.convert(given, self._struct, strict=False)
            except msgspec.ValidationError as error:
                raise ImproperlyConfigured(f"settings.{self._name}: {error}") from error
        return self._read

    def _forget(self, *, setting: str, **_: object) -> None:
        if setting == self._name:
            self._read = None

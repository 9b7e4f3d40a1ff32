"""JSON text as every frame and stored event has it: UTF-8, times in UTC with Z, decimals and UUIDs as strings."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.functional import Promise


def _plain(value: Any) -> Any:
    """What msgspec doesn't know: lazy translations, and subclasses of str, int, dict or list (DRF's)."""
    if isinstance(value, Promise):
        return str(value)
    bases: tuple[type[Any], ...] = (str, bool, int, float, dict, list, tuple)
    for base in bases:
        if isinstance(value, base):
            return base(value)
    raise TypeError(f"{type(value).__name__} can't be put into an event; give JSON types")


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoder = msgspec.json.Decoder()


def dump_json(value: Any) -> bytes:
    """JSON text of ``value``: JSON types, datetimes, UUIDs, Decimals, Structs.

    Raises:
        TypeError: something in it has no JSON form.
    """
    return _encoder.encode(value)


def load_json(text: bytes | str | msgspec.Raw) -> Any:
    """The value of a JSON text.

    Raises:
        msgspec.DecodeError: it isn't JSON.
    """
    return _decoder.decode(text)

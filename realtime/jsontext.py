"""JSON text as every frame and stored event has it: UTF-8, times in UTC with Z, decimals and UUIDs as strings."""

from __future__ import annotations

import json
from math import inf
from typing import Any, NoReturn

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


def unusable_object(text: str) -> dict[str, Any] | None:
    """Of a JSON object that `load_json` refuses (``"\\ud83d"``, ``1e400``) what can be told on; None if it is no JSON object."""
    try:
        found = json.loads(text, parse_int=_any_integer, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {name: value for name, value in found.items() if _can_be_told(name, value)}


def _any_integer(digits: str) -> float:
    # Python refuses to read thousands of digits.
    return int(digits) if len(digits) <= 1_000 else inf


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _can_be_told(name: str, value: Any) -> bool:
    try:
        dump_json({name: value})
    except (UnicodeEncodeError, RecursionError):
        return False
    return True

"""Environment variables read as typed values. A wrong one stops the start with a sentence that says what to write instead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks; the default if it is unset or empty."""
    return _env.str(name, default="").strip() or default


def flag(name: str, default: bool) -> bool:
    """1/0, true/false, yes/no or on/off."""
    given = text(name).lower()
    if not given:
        return default
    if given not in _TRUE | _FALSE:
        raise _wrong(name, given, "1 or 0")
    return given in _TRUE


def whole(name: str, default: int, *, least: int = 1, most: int = 2**31 - 1, also: str = "") -> int:
    """A whole number within bounds. ``also`` is a second spelling of the name, taken where the first isn't set."""
    name, given = _either(name, also)
    if not given:
        return default
    try:
        number = int(given)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise _wrong(name, given, f"a whole number from {least} to {most}, such as {default}")
    return number


def number(
    name: str, default: float, *, least: float = 0, most: float = 1e9, also: str = ""
) -> float:
    """A number within bounds, with or without decimals."""
    name, given = _either(name, also)
    if not given:
        return default
    try:
        value = float(given)
    except ValueError:
        value = least - 1
    if not least <= value <= most:  # false for NaN
        raise _wrong(name, given, f"a number from {least:g} to {most:g}, such as {default:g}")
    return value


def choice(name: str, default: str, allowed: Iterable[str]) -> str:
    """One of a few words."""
    given = text(name, default)
    if given not in allowed:
        raise _wrong(name, given, " or ".join(sorted(allowed)))
    return given


def texts(name: str, default: list[str]) -> list[str]:
    """A JSON list of strings, or the same separated by commas."""
    given = text(name)
    if not given:
        return default
    if not given.startswith("["):
        return [part.strip() for part in given.split(",") if part.strip()]
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise _wrong(name, given, 'a JSON list of strings, such as ["a", "b"]')
    return found


def origins(name: str) -> list[str]:
    """Web origins, ``https://desk.example.org``, without a slash at the end; or ``*`` for every one."""
    found = [origin.rstrip("/") for origin in texts(name, [])]
    for origin in found:
        parts = urlsplit(origin)
        plain = f"{parts.scheme}://{parts.netloc}" == origin
        if origin != "*" and not (parts.scheme in ("http", "https") and parts.netloc and plain):
            raise _wrong(name, origin, 'a JSON list of origins, such as ["https://example.org"]')
    return found


def rate(name: str, default: str) -> str:
    """So many requests per period, ``10/min``."""
    given = text(name, default)
    count, slash, period = given.partition("/")
    periods = ("s", "sec", "second", "m", "min", "minute", "h", "hour", "d", "day")
    if not (slash and count.isdecimal() and int(count) > 0 and period in periods):
        raise _wrong(name, given, f"a number, a slash and s, min, hour or day, such as {default}")
    return given


def url(name: str, schemes: Iterable[str], example: str) -> str:
    """A URL with one of these schemes; empty if unset. Its value, which may hold a password, isn't shown."""
    given = text(name)
    if given and urlsplit(given).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} isn't understood: write a URL such as {example}.")
    return given


def _either(name: str, also: str) -> tuple[str, str]:
    given = text(name)
    return (also, text(also)) if also and not given else (name, given)


def _wrong(name: str, given: str, instead: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {given!r}: write {instead}.")

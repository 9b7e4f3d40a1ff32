"""In through HTTP: what services publish, checked and sent on, once for each idempotency key."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from realtime.errors import Forbidden, InvalidField, MissingField, Unauthorized
from realtime.fields import required_text, text_field
from realtime.models import Publication, ServiceKey
from realtime.models.json_lists import is_list_of_strings
from realtime.registry import registry
from realtime.sending import broadcast, send_to_room, send_to_staff, send_to_users

MOST_USERS = 10_000
_KEY_BYTES = 32
_USER_ID = re.compile(r"[A-Za-z0-9_.@+-]{1,80}")
_SAME_AS = {"user": "user", "staff": "staff", "everyone": "all"}


def create_key(
    name: str, *, scopes: list[str] | None = None, rooms: str = ""
) -> tuple[ServiceKey, str]:
    """A new service key and its text, which is not stored."""
    key = ServiceKey(name=name, scopes=scopes or [], rooms=rooms)
    return key, renew_key(key)


def renew_key(key: ServiceKey) -> str:
    """Gives a key a new text, saves it and returns the text."""
    text = secrets.token_urlsafe(_KEY_BYTES)
    key.digest = _digest(text)
    key.save()
    return text


def find_key(text: str) -> ServiceKey:
    """The active key with this text.

    Raises:
        Unauthorized: there is none.
    """
    key = ServiceKey.objects.filter(digest=_digest(text), is_active=True).first()
    if key is None:
        raise Unauthorized("The API key is unknown or no longer active.")
    now = timezone.now()
    if key.last_used_at is None or (now - key.last_used_at).total_seconds() > 60:
        ServiceKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def publish(key: ServiceKey, body: Mapping[str, Any]) -> bool:
    """Sends what a service asks to send; False when its idempotency key was used before, and nothing is sent.

    ``body`` is ``{"to", "type", "data", "durable", "idempotency_key"}``. Without ``data`` it is an empty
    object; a blank key is none.

    Raises:
        RealtimeError: what is wrong with it, or that the key may not address it. Nothing is sent then.
    """
    body = dict(body)
    type = required_text(body, "type", most=80)
    durable = body.get("durable", False)
    if not isinstance(durable, bool):
        raise InvalidField("durable must be true or false.", field="durable")
    once = text_field(body, "idempotency_key", required=False, most=200)
    send = _addressed(key, body.get("to"), type, body.get("data", {}), durable)
    with transaction.atomic():
        # Who fills in a form has a blank for nothing; taken for a key, it would swallow all that comes after the first.
        if once is not None and once.strip() and not _is_first(key, once):
            return False
        send()
    return True


def _is_first(key: ServiceKey, idempotency_key: str) -> bool:
    try:
        with transaction.atomic():
            Publication.objects.create(key=key, idempotency_key=idempotency_key)
    except IntegrityError:
        return False
    return True


def _addressed(key: ServiceKey, to: Any, type: str, data: Any, durable: bool) -> Callable[[], None]:
    """The call that sends to whom ``to`` names."""
    if to is None:
        raise MissingField("to is required.", field="to")
    if not isinstance(to, dict) or len(to) != 1 or next(iter(to)) not in _ADDRESSES:
        names = ", ".join(_ADDRESSES)
        raise InvalidField(f"to must be an object with one of {names}.", field="to")
    name, value = next(iter(to.items()))
    _check_scope(key, name)
    return _ADDRESSES[name](key, value, type, data, durable)


def _check_scope(key: ServiceKey, name: str) -> None:
    if not is_list_of_strings(key.scopes):
        raise Forbidden("The scopes of this API key aren't understood.")
    if key.scopes and name not in key.scopes:
        raise Forbidden(f"This API key may not publish to {name}.")


def _to_user(
    key: ServiceKey, value: Any, type: str, data: Any, durable: bool
) -> Callable[[], None]:
    return _to_users(key, [value], type, data, durable)


def _to_users(
    key: ServiceKey, value: Any, type: str, data: Any, durable: bool
) -> Callable[[], None]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_USERS:
        raise InvalidField(f"users must be a list of 1 to {MOST_USERS} ids.", field="to")
    if not all(isinstance(user, str) and _USER_ID.fullmatch(user) for user in value):
        raise InvalidField("A user is named by the id, a string.", field="to")
    return lambda: send_to_users(value, type, data, durable=durable)


def _to_room(
    key: ServiceKey, value: Any, type: str, data: Any, durable: bool
) -> Callable[[], None]:
    if not isinstance(value, str):
        raise InvalidField("A room is named by a string.", field="to")
    found = registry.resolve(value)
    if "\x00" in value or found is None or not found[0].joinable:
        raise Forbidden
    if not value.startswith(key.rooms):
        raise Forbidden("This API key may not publish to that room.")
    # The rooms that other addresses stand for take the scope of those.
    _check_scope(key, _SAME_AS.get(found[0].name, "room"))
    if durable and not found[0].stored:
        raise InvalidField("Events of this room are not stored.", field="durable")
    return lambda: send_to_room(value, type, data, durable=durable)


def _to_staff(
    key: ServiceKey, value: Any, type: str, data: Any, durable: bool
) -> Callable[[], None]:
    _check_wide(value, durable)
    return lambda: send_to_staff(type, data)


def _to_all(key: ServiceKey, value: Any, type: str, data: Any, durable: bool) -> Callable[[], None]:
    _check_wide(value, durable)
    return lambda: broadcast(type, data)


def _check_wide(value: Any, durable: bool) -> None:
    if value is not True:
        raise InvalidField("staff and all take true.", field="to")
    if durable:
        raise InvalidField("What goes to staff or all is not stored.", field="durable")


_ADDRESSES: dict[str, Callable[..., Callable[[], None]]] = {
    "user": _to_user,
    "users": _to_users,
    "room": _to_room,
    "staff": _to_staff,
    "all": _to_all,
}

"""What another system posts through an incoming hook: a message in a room, by the hook's bot."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from realtime.actor import acting_as
from realtime.errors import Forbidden, NotAllowed
from realtime.fields import required_text, text_field
from realtime.models import IncomingHook
from realtime.registry import Receipt, registry


def post_message(secret: str, body: dict[str, Any]) -> Receipt:
    """Posts ``content`` (or ``text``) into the hook's room.

    Raises:
        Forbidden: there is no such hook, it is switched off, or its bot may not write in the room.
        NotAllowed: nobody writes in a room of this kind.
        MissingField, InvalidField: the content.
    """
    hook = _hook(secret)
    has_content = body.get("content") not in (None, "")
    content = required_text(body, "content" if has_content or "text" not in body else "text")
    client_id = text_field(body, "client_id", required=False, most=80)
    found = registry.resolve(hook.room)
    if found is None or not hook.bot.is_active:
        raise Forbidden
    kind, params = found
    if kind.chat is None:
        raise NotAllowed
    with acting_as(hook.bot):
        if not kind.authorize(hook.bot, **params):
            raise Forbidden
        receipt = kind.chat.send(
            user=hook.bot, params=params, content=content, client_id=client_id, fields={}
        )
    IncomingHook.objects.filter(pk=hook.pk).update(last_used_at=timezone.now())
    return receipt


def _hook(secret: str) -> IncomingHook:
    hooks = IncomingHook.objects.select_related("bot").filter(is_active=True)
    # PostgreSQL takes no text with a NUL character, not even to compare with it.
    found = None if "\x00" in secret else hooks.filter(secret=secret).first()
    if found is None:
        raise Forbidden("There is no such hook.")
    return found

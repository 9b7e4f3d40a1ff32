"""Which hooks hear of an event: decided and recorded in the event's transaction, so that no delivery is forgotten."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic

from django.db.models.signals import post_delete, post_save

from realtime.bridge.boundary import goes_out
from realtime.models import HookDelivery, OutgoingHook, StoredEvent
from realtime.models.json_lists import is_list_of_strings

logger = logging.getLogger("realtime.hooks")

_KNOWN_FOR = 5.0
"""Seconds for which a process believes that it knows the hooks: the cost of not asking with each event."""

_known: list[OutgoingHook] = []
_known_until = 0.0


def queue_deliveries(events: Sequence[StoredEvent]) -> None:
    """Records a delivery for each event and each hook that wants it."""
    hooks = active_hooks()
    if not hooks:
        return
    HookDelivery.objects.bulk_create(
        HookDelivery(hook=hook, position=event.pk, event_type=event.type, room=event.topic)
        for event in events
        for hook in hooks
        if event.topic.startswith(hook.rooms)
        and (not hook.types or event.type in hook.types)
        and goes_out(event.topic, event.type, event.data)
    )


def active_hooks() -> list[OutgoingHook]:
    """The hooks in use, as they were at most 5 s ago."""
    global _known, _known_until
    if monotonic() >= _known_until:
        _known = [hook for hook in OutgoingHook.objects.filter(is_active=True) if _is_sound(hook)]
        _known_until = monotonic() + _KNOWN_FOR
    return _known


def _is_sound(hook: OutgoingHook) -> bool:
    """One whose row was written past the checks hears nothing: it must not fail the changes that it would hear of."""
    if is_list_of_strings(hook.types):
        return True
    logger.warning("the outgoing hook %r is left out: its types are no list of texts", hook.name)
    return False


def forget_hooks(**_: object) -> None:
    """Asks the database again with the next event: a hook was changed in this process."""
    global _known_until
    _known_until = 0.0


post_save.connect(forget_hooks, sender=OutgoingHook)
post_delete.connect(forget_hooks, sender=OutgoingHook)

"""Changes that a client may send again: each is made once, and answered alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction

from realtime.errors import Forbidden
from realtime.jsontext import dump_json, load_json
from realtime.models import StoredReceipt
from realtime.registry import Receipt
from realtime.rules import may_hear
from realtime.undoing import undoable


def receipt_key(
    *, user_id: str, room: str, client_id: str, kind: str, arguments: Mapping[str, Any]
) -> str:
    """The same for a change that is sent again, and for no other. Whoever counts anew for each kind of frame meets no receipt."""
    said = [user_id, room, client_id, kind, sorted(arguments.items())]
    return sha256(dump_json(said)).hexdigest()


def make_once(key: str, room: str, user: Any, change: Callable[[], Receipt]) -> Receipt:
    """Makes a change, or tells what came of it when it was made. Both at once is one transaction: one waits for the other.

    Raises:
        Forbidden: what it changed is in a room that the user may not hear any more.
        RealtimeError: the change is refused. It may be tried again.
    """
    with undoable():
        if (row := _claimed(key, room)) is None:
            return _as_told(StoredReceipt.objects.get(pk=key), user)
        receipt = change()
        row.topic, row.seq = receipt.room or room, receipt.seq
        row.entity_id = _id_in(receipt.data)
        row.data = dump_json(receipt.data).decode()
        row.save(force_update=True)
    return receipt


def _claimed(key: str, room: str) -> StoredReceipt | None:
    try:
        with transaction.atomic():
            return StoredReceipt.objects.create(key=key, topic=room, data="null")
    except IntegrityError:
        return None


def _as_told(row: StoredReceipt, user: Any) -> Receipt:
    if not may_hear(user, row.topic):
        raise Forbidden
    return Receipt(row.seq, load_json(row.data), room=row.topic)


def _id_in(data: Any) -> str | None:
    found = data.get("id") if isinstance(data, Mapping) else None
    return None if found is None else str(found)[:80]

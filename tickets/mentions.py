"""Who is meant by ``@alice``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickets.markdown import mentioned_names
from tickets.models import Ticket
from tickets.selectors.access import users_who_can_see, users_who_work_on
from tickets.selectors.people import users_named

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def users_mentioned(content: str, ticket: Ticket, *, internal: bool) -> list[User]:
    """The users that a text names and who may read it, in the order named.

    Others aren't mentioned: nobody is told of what they can't see, and nobody learns which names exist.
    """
    names = mentioned_names(content)
    if not names:
        return []
    found = users_named(names)
    readers = users_who_work_on if internal else users_who_can_see
    users = dict.fromkeys(found[name] for name in names if name in found)
    return readers(ticket, users)[:20]

"""Who is acting: carried by context, so that a row's event knows whose doing it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple


class Actor(NamedTuple):
    """The user who caused an event; ``id`` is the primary key as text, empty where only the name is known."""

    id: str
    username: str


_actor: ContextVar[Callable[[], Actor | None] | None] = ContextVar("realtime_actor", default=None)


def actor_of(user: Any) -> Actor | None:
    """The actor for a user; None for an anonymous one, and for a service, which has no account."""
    if user is None or user.pk is None or not getattr(user, "is_authenticated", False):
        return None
    return Actor(str(user.pk), user.get_username())


def current_actor() -> Actor | None:
    find = _actor.get()
    return find() if find else None


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """Whatever is recorded inside was caused by ``user`` (a user object or None).

    ``user`` may be a callable that finds the user when the first event is recorded, as the middleware needs.
    """
    find = (lambda: actor_of(user())) if callable(user) else (lambda: actor_of(user))
    token = _actor.set(find)
    try:
        yield
    finally:
        _actor.reset(token)


class ActorMiddleware:
    """Django middleware: the signed-in user of the request is the actor (the admin's edits, for one)."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        with acting_as(lambda: getattr(request, "user", None)):
            return self.get_response(request)

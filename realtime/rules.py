"""The rules of topics: who may hear one, as the database has it now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404

from realtime.auth.credentials import Identity, renew, renewed
from realtime.db import UNANSWERED
from realtime.errors import Unauthorized
from realtime.registry import registry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

logger = logging.getLogger("realtime.rules")

_NO = (ObjectDoesNotExist, PermissionDenied, Http404)
"""What rules raise that look for a row which isn't there, or not for this user."""


class Asking(Protocol):
    """Something that a socket asks, or asks for."""

    @property
    def identity(self) -> Identity: ...


Asked = TypeVar("Asked", bound=Asking)
Answer = TypeVar("Answer")


def answer_each(
    questions: Sequence[Asked], answer: Callable[[Asked, AbstractBaseUser], Answer]
) -> list[Answer | Exception]:
    """What ``answer`` says to each, given its user as stored now, or what it raises; `Unauthorized` where the user is gone or
    inactive, or the login has ended. Users are read once for all of them.
    """
    now = renewed([question.identity for question in questions])
    return [_answered(one, then, answer) for one, then in zip(questions, now, strict=True)]


def _answered(
    question: Asked, now: Identity | None, answer: Callable[[Asked, AbstractBaseUser], Answer]
) -> Answer | Exception:
    try:
        if now is None:
            raise Unauthorized
        return answer(question, now.user)
    except Exception as error:  # noqa: BLE001  raised for whoever asked
        return error


@dataclass(frozen=True, slots=True)
class Question:
    """Which of these topics may its user hear, if the login goes on?"""

    identity: Identity
    topics: Sequence[str]


def topics_heard(questions: Sequence[Question]) -> list[set[str] | Exception]:
    """The topics that each may hear, or why that isn't known."""
    return answer_each(questions, _heard)


def _heard(question: Question, user: AbstractBaseUser) -> set[str]:
    return {topic for topic in question.topics if may_hear(user, topic)}


def current_user(identity: Identity) -> AbstractBaseUser:
    """The user as stored now: staff flag and groups may have changed since the socket was opened.

    Raises:
        Unauthorized: the user is gone or inactive, or the login has ended. One that ends while a socket is being opened is met
            here: the hub doesn't know the socket yet when it is told.
    """
    fresh = renew(identity)
    if fresh is None:
        raise Unauthorized
    return fresh.user


def may_hear(user: AbstractBaseUser, topic: str) -> bool:
    """Whether the rules of the topic's kind let this user hear it; a rule that fails doesn't. Reads the database.

    Raises:
        OperationalError, InterfaceError: the database didn't answer.
    """
    found = registry.resolve(topic)
    if found is None:
        return False
    kind, params = found
    try:
        return bool(kind.authorize(user, **params))
    except UNANSWERED:
        raise
    except _NO:
        return False
    except Exception:
        logger.exception("the rule of %s failed, which counts as no", topic)
        return False


def asks_database(topic: str) -> bool:
    """Whether `may_hear` reads the database for this topic."""
    found = registry.resolve(topic)
    return found is not None and found[0].asks_database

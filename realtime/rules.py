"""The rules of topics: who may hear one, as the database has it now."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Question:
    """Which of these topics may its user hear, if the login goes on?"""

    identity: Identity
    topics: Sequence[str]


def answers(questions: Sequence[Question]) -> list[set[str] | Exception | None]:
    """The topics that each may hear; None for whose user is gone or inactive, or whose login has ended. Users are read once for all."""
    users = renewed([question.identity for question in questions])
    return [_heard(each, now) for each, now in zip(questions, users, strict=True)]


def _heard(question: Question, now: Identity | None) -> set[str] | Exception | None:
    if now is None:
        return None
    try:
        return {topic for topic in question.topics if may_hear(now.user, topic)}
    except UNANSWERED as error:
        return error


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

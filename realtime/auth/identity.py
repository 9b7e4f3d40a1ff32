"""The identity behind a credential, and whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from realtime.auth.lookup import users_with_logins
from realtime.auth.passwords import password_mark
from realtime.auth.tokens import Claims
from realtime.errors import InvalidToken


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential speaks for, and until when. Times are unix seconds.

    ``sid`` is the login that the token belongs to; a token of another issuer has none.
    """

    user: AbstractBaseUser
    expires_at: float | None
    sid: str | None
    token_id: str
    issued_at: float


def identity_of(claims: Claims) -> Identity:
    """The identity that the claims name.

    Raises:
        InvalidToken: there is no such active user, or the login has ended, or all of the user's had when it was issued.
    """
    (found,) = identities_of([claims])
    if found is None:
        raise InvalidToken
    return found


def identities_of(claims: Sequence[Claims]) -> list[Identity | None]:
    """What `identity_of` says of each, None where it raises: one query, whatever their number."""
    keys = [_primary_key(each.sub) for each in claims]
    users = _Users(
        [key for key in keys if key is not None], [each.sid for each in claims if each.sid]
    )
    found: list[Identity | None] = []
    for key, each in zip(keys, claims, strict=True):
        user, mark = users.find(key, each.sid)
        if user is None or not _holds(user, mark, each.sid, each.issued_at):
            found.append(None)
        else:
            found.append(Identity(user, each.expires_at, each.sid, each.jti, each.issued_at))
    return found


def renew(identity: Identity) -> Identity | None:
    """The identity with its user as the database has it now, or None if it no longer holds.

    ``expires_at`` is not looked at: the holder has a clock of its own.
    """
    return renewed([identity])[0]


def renewed(identities: Sequence[Identity]) -> list[Identity | None]:
    """What `renew` says of each: one query, whatever their number."""
    users = _Users([i.user.pk for i in identities], [i.sid for i in identities if i.sid])
    return [_renewed(i, *users.find(i.user.pk, i.sid)) for i in identities]


def _renewed(identity: Identity, user: Any, login_mark: str | None) -> Identity | None:
    if user is None or user.password != identity.user.password:
        return None
    if not _holds(user, login_mark, identity.sid, identity.issued_at):
        return None
    return replace(identity, user=user)


class _Users:
    """Users and the marks of their live logins, as the database has them now."""

    def __init__(self, keys: list[Any], sids: list[str]) -> None:
        self._users: dict[Any, Any] = {}
        self._marks: dict[tuple[str, Any], str] = {}
        for row in users_with_logins(keys, sids):
            self._users[row.pk] = row
            # Taken off the row, which a socket keeps as long as it is open.
            sid, mark = (row.__dict__.pop(name) for name in ("realtime_sid", "realtime_login_mark"))
            self._marks[sid, row.pk] = mark

    def find(self, key: Any, sid: str | None) -> tuple[Any, str | None]:
        """The user and the mark of that login if it is theirs and goes on; None if there is no such user."""
        return self._users.get(key), self._marks.get((sid, key)) if sid is not None else None


def _holds(user: Any, login_mark: str | None, sid: str | None, issued_at: float) -> bool:
    """Whether a token is alive. A login knows best whether it has ended; the cutoff is for tokens that have none.

    ``iat`` has whole seconds, so a token of the cutoff's own second is taken for an earlier one.
    """
    if not user.is_active:
        return False
    if sid is not None:
        return login_mark is not None and login_mark == password_mark(user)
    cutoff = user.realtime_cutoff_at
    return cutoff is None or int(issued_at) > int(cutoff.timestamp())


def _primary_key(sub: str) -> Any:
    """The primary key that ``sub`` spells, or None. Only the canonical spelling counts: not ``+7``, ``07`` or ``7.0``."""
    field = get_user_model()._meta.pk
    try:
        key = field.to_python(sub)
        field.run_validators(key)
    except (ValidationError, ValueError, OverflowError):
        return None
    return key if str(key) == sub else None

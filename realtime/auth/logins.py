"""Logins: begun, refreshed, ended. Ending one is an access change, so its open sockets are told at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from rest_framework_simplejwt.settings import api_settings

from realtime.auth.identity import Identity, identity_of
from realtime.auth.passwords import password_mark
from realtime.auth.tokens import TokenPair, read_token, token_pair
from realtime.errors import InvalidToken
from realtime.log.access import record_access_change
from realtime.models import Login, LoginCutoff

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """What a login was made with, for its owner to recognise it by."""

    user_agent: str = ""
    address: str = ""


@transaction.atomic
def start_login(*, user: AbstractBaseUser, device: Device = Device()) -> TokenPair:
    """Begins a login for a user whose password was just checked, and returns its tokens.

    Raises:
        InvalidToken: meanwhile the password was changed or the user deactivated or deleted.
    """
    # The lock orders this against a change of the password: a login either sees the new one, or is seen by whoever ends
    # them all.
    now_stored = _lock(user)
    if now_stored is None or now_stored.password != user.password or not now_stored.is_active:
        raise InvalidToken
    now = timezone.now()
    Login.objects.filter(user_id=user.pk, expires_at__lt=now).delete()
    login = Login.objects.create(
        user_id=user.pk,
        refresh_jti=_new_jti(),
        password_mark=password_mark(user),
        created_at=now,
        refreshed_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
        user_agent=device.user_agent[:200],
        address=device.address[:45],
    )
    log.info("login started", extra={"user_id": str(user.pk), "sid": login.sid})
    return token_pair(login)


@sensitive_variables("raw")
def refresh_login(raw: str) -> TokenPair:
    """New tokens for a refresh token, which dies by that; of many who try at the same time, one gets them.

    A refresh token that was used before is in two hands, one of which stole it: its login ends.

    Raises:
        InvalidToken: it is no living refresh token of ours.
    """
    holder, jti = _identify_refresh(raw)
    now = timezone.now()
    fresh = {
        "refresh_jti": _new_jti(),
        "refreshed_at": now,
        "expires_at": now + api_settings.REFRESH_TOKEN_LIFETIME,
    }
    if not _usable(holder, jti).update(**fresh):
        _end_for_reuse(holder)
        raise InvalidToken
    return token_pair(Login(sid=holder.sid, user_id=holder.user.pk, **fresh))


@sensitive_variables("raw")
def check_token(raw: str) -> None:
    """Returns if the token, access or refresh, would be taken now.

    Raises:
        InvalidToken: it would not.
    """
    try:
        identity_of(read_token(raw, kind="access"))
    except InvalidToken:
        holder, jti = _identify_refresh(raw)
        if not _usable(holder, jti).exists():
            raise


@sensitive_variables("raw")
def log_out(raw: str, *, everywhere: bool = False) -> None:
    """Ends the login of a refresh token, or all logins of its user.

    Raises:
        InvalidToken: it is no living refresh token of ours. One that was used before ends its login all the same.
    """
    holder, jti = _identify_refresh(raw)
    if not _usable(holder, jti).exists():
        _end_for_reuse(holder)
        raise InvalidToken
    if everywhere:
        end_all_logins(holder.user)
    else:
        end_login(str(holder.sid))


@transaction.atomic
def end_login(sid: str) -> bool:
    """Ends one login: its tokens are dead and its sockets are closed. False if there was none to end."""
    if not Login.objects.filter(sid=sid, ended_at=None).update(ended_at=timezone.now()):
        return False
    record_access_change(f"login:{sid}")
    log.info("login ended", extra={"sid": sid})
    return True


@transaction.atomic
def end_all_logins(user: AbstractBaseUser) -> None:
    """Ends all logins of a user; tokens of other issuers that were issued until now are dead, too."""
    now = timezone.now()
    Login.objects.filter(user_id=user.pk, ended_at=None).update(ended_at=now)
    LoginCutoff.objects.bulk_create(
        [LoginCutoff(user_id=user.pk, ended_before=now)],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["ended_before"],
    )
    record_access_change(f"user:{user.pk}")
    log.info("all logins ended", extra={"user_id": str(user.pk)})


@transaction.atomic
def change_password(*, user: AbstractBaseUser, new_password: str) -> None:
    """Sets the password. All logins end with it, through the signal that watches every change of a password.

    Raises:
        InvalidToken: the user was deleted or deactivated, or the password changed, since the old one was checked.
    """
    now_stored = _lock(user)
    if now_stored is None or now_stored.password != user.password or not now_stored.is_active:
        raise InvalidToken
    now_stored.set_password(new_password)
    now_stored.save(update_fields=["password"])


def _identify_refresh(raw: str) -> tuple[Identity, str]:
    claims = read_token(raw, kind="refresh")
    if claims.sid is None:
        raise InvalidToken
    return identity_of(claims), claims.jti


def _usable(holder: Identity, jti: str) -> QuerySet[Login]:
    """The login whose next refresh token is this one; empty if it was used or the login has ended."""
    return Login.objects.filter(sid=holder.sid, refresh_jti=jti, ended_at=None)


def _end_for_reuse(holder: Identity) -> None:
    log.warning(
        "a refresh token was used again", extra={"user_id": str(holder.user.pk), "sid": holder.sid}
    )
    end_login(str(holder.sid))


def _lock(user: AbstractBaseUser) -> Any:
    return get_user_model()._default_manager.select_for_update().filter(pk=user.pk).first()


def _new_jti() -> str:
    return uuid4().hex

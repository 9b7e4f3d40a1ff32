"""Logins, what ends them, and the single-use tickets that open sockets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


def new_sid() -> str:
    """The id of a new login: a UUIDv7 as text."""
    return str(uuid7())


class Login(models.Model):
    """One sign-in of a user. Its tokens carry ``sid``, through every refresh, and die with it.

    ``refresh_jti`` is the one refresh token that may still be used: rotation swaps it atomically, and whoever presents
    another one is using a stolen or stale token. ``password_mark`` says which password the login was made with, so that
    it ends with that password even where the change fired no signal.
    """

    sid = models.CharField(max_length=36, primary_key=True, default=new_sid)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="realtime_logins"
    )
    refresh_jti = models.CharField(max_length=64)
    password_mark = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    """When its refresh token expires: after that nothing of this login is of use."""
    ended_at = models.DateTimeField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="realtime_login_expires")]

    def __str__(self) -> str:
        return f"login {self.sid} of user {self.user_id}"


class LoginCutoff(models.Model):
    """All logins of a user ended at ``ended_before``: tokens without a login that were issued until then are dead."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="realtime_cutoff",
    )
    ended_before = models.DateTimeField()

    def __str__(self) -> str:
        return f"logins of user {self.user_id} until {self.ended_before}"


class SocketTicket(models.Model):
    """A ticket that opens one socket. Only its hash is stored; deleting the row redeems it.

    The other fields are those of the access token that it stands for.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sid = models.CharField(max_length=36, null=True)
    token_id = models.CharField(max_length=200)
    token_issued_at = models.FloatField()
    token_expires_at = models.FloatField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"socket ticket of user {self.user_id}"

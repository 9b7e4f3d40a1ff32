"""Whether an identity still holds, at connect and later on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import connection

from realtime.auth.credentials import (
    Identity,
    identify_token,
    renew,
    renewed,
)
from realtime.auth.logins import end_all_logins, end_login, start_login
from realtime.errors import InvalidToken
from realtime.models import Login, LoginCutoff
from realtime.tests.auth.factories import make_user, token_for

pytestmark = pytest.mark.django_db


def deactivate(user: Any) -> None:
    user.is_active = False
    user.save()


def set_password(user: Any) -> None:
    user.set_password("another")
    user.save()


def update_password(user: Any) -> None:
    type(user).objects.filter(pk=user.pk).update(password=make_password("another"))


ENDINGS: dict[str, Callable[[Any], Any]] = {
    "deactivated": deactivate,
    "deactivated by update()": lambda u: type(u).objects.filter(pk=u.pk).update(is_active=False),
    "password set": set_password,
    "password updated": update_password,
    "logged out everywhere": end_all_logins,
    "deleted": lambda u: u.delete(),
    "deleted by queryset": lambda u: type(u).objects.filter(pk=u.pk).delete(),
}


def identities_of(user: Any) -> tuple[list[str], list[Identity]]:
    """A token of ours and one of another issuer, and what they identify."""
    tokens = [start_login(user=user).access, token_for(user)]
    return tokens, [identify_token(token) for token in tokens]


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_tokens_and_identities_die_with_the_rights_of_their_user(
    end: Callable[[Any], Any], carol: Any, dave: Any
) -> None:
    tokens, identities = identities_of(carol)
    others_tokens, others = identities_of(dave)
    assert None not in renewed(identities + others)
    end(get_user_model().objects.get(pk=carol.pk))
    assert renewed(identities + others) == [None, None, *renewed(others)]
    assert None not in renewed(others)
    for token in tokens:
        with pytest.raises(InvalidToken):
            identify_token(token)
    for token in others_tokens:
        identify_token(token)


def test_a_login_and_its_sockets_end_with_their_password_even_if_no_signal_told(carol: Any) -> None:
    tokens, identities = identities_of(carol)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE auth_user SET password = 'another' WHERE id = %s", [carol.pk])
    assert renewed(identities) == [None, None]
    with pytest.raises(InvalidToken):
        identify_token(tokens[0])


def test_logging_out_ends_the_identities_of_that_login_only(carol: Any) -> None:
    _, [first, foreign] = identities_of(carol)
    phone = identify_token(start_login(user=carol).access)
    end_login(str(first.sid))
    assert [now is None for now in renewed([first, foreign, phone])] == [True, False, False]


def test_ending_a_login_twice_does_nothing_more(carols_tokens: Any) -> None:
    sid = Login.objects.get().sid
    assert end_login(sid)
    assert not end_login(sid)
    assert not end_login("unknown")


def test_reactivating_a_user_revives_no_token(carol: Any) -> None:
    tokens, _ = identities_of(carol)
    deactivate(carol)
    carol.is_active = True
    carol.save()
    for token in tokens:
        with pytest.raises(InvalidToken):
            identify_token(token)


def test_the_cutoff_takes_tokens_of_its_own_second_but_a_new_login_lives(carol: Any) -> None:
    end_all_logins(carol)
    second = int(LoginCutoff.objects.get().ended_before.timestamp())
    for moment in (second - 1, second, second + 0.99):
        with pytest.raises(InvalidToken):
            identify_token(token_for(carol, iat=moment))
    assert identify_token(start_login(user=carol).access).user == carol
    LoginCutoff.objects.update(ended_before="2020-01-01T00:00:00.5Z")
    assert identify_token(token_for(carol)).sid is None


def test_a_login_can_not_start_with_a_password_that_was_changed_meanwhile(carol: Any) -> None:
    checked = get_user_model().objects.get(pk=carol.pk)
    set_password(carol)
    with pytest.raises(InvalidToken):
        start_login(user=checked)


def test_renewing_brings_the_user_as_stored_now(alice: Any) -> None:
    identity = identify_token(token_for(alice))
    get_user_model().objects.filter(pk=alice.pk).update(is_staff=False)
    for fresh in (renew(identity), *renewed([identity])):
        assert identity.user.is_staff and fresh is not None and not fresh.user.is_staff
        assert (fresh.token_id, fresh.expires_at) == (identity.token_id, identity.expires_at)


def test_an_expired_identity_is_for_its_holders_clock(carol: Any) -> None:
    assert renew(replace(identify_token(token_for(carol)), expires_at=1.0))


def test_identifying_and_asking_again_take_one_query_each(
    carol: Any, carols_tokens: Any, django_assert_num_queries: Any
) -> None:
    foreign = token_for(carol)
    for token in (carols_tokens.access, foreign):
        with django_assert_num_queries(1):
            identity = identify_token(token)
        with django_assert_num_queries(1):
            assert renew(identity)


@pytest.mark.parametrize("number", [1, 30])
def test_asking_about_many_identities_takes_one_query(
    number: int, db: None, django_assert_num_queries: Any
) -> None:
    identities = []
    for i in range(number):
        identities += identities_of(make_user(username=f"user{i}"))[1]
    with django_assert_num_queries(1):
        assert None not in renewed(identities)
    with django_assert_num_queries(0):
        assert renewed([]) == []

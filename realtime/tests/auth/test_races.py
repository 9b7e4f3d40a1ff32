"""What may happen once happens once, however many try at the same time: real threads, real transactions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from realtime.auth.credentials import identify_token, issue_ticket, redeem_ticket
from realtime.auth.logins import TokenPair, end_all_logins, refresh_login, start_login
from realtime.errors import InvalidToken
from realtime.models import Login, LoginCutoff
from realtime.tests.auth.factories import token_for
from realtime.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def outcomes(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned, or InvalidToken where it raised that; all begin at the same moment."""

    def outcome(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except InvalidToken:
            return InvalidToken

    return at_once(*(partial(outcome, call) for call in calls))


@pytest.mark.parametrize("attempt", range(3))
def test_of_many_who_redeem_a_ticket_one_gets_in(attempt: int, carol: Any) -> None:
    ticket = issue_ticket(identify_token(token_for(carol)))
    results = outcomes(*[lambda: redeem_ticket(ticket)] * THREADS)
    assert results.count(InvalidToken) == THREADS - 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_many_who_use_a_refresh_token_one_gets_tokens_and_the_login_ends(
    attempt: int, carol: Any
) -> None:
    refresh = start_login(user=carol).refresh
    results = outcomes(*[lambda: refresh_login(refresh)] * THREADS)
    won = [result for result in results if isinstance(result, TokenPair)]
    assert len(won) == 1
    assert Login.objects.get().ended_at is not None
    with pytest.raises(InvalidToken):
        identify_token(won[0].access)


@pytest.mark.parametrize("attempt", range(3))
def test_no_login_survives_a_change_of_the_password_that_it_was_made_with(
    attempt: int, carol: Any
) -> None:
    def change() -> None:
        user = get_user_model().objects.get(pk=carol.pk)
        user.set_password("another")
        user.save()

    results = outcomes(change, *[lambda: start_login(user=carol)] * (THREADS - 1))
    for pair in results[1:]:
        if isinstance(pair, TokenPair):
            with pytest.raises(InvalidToken):
                identify_token(pair.access)
    assert not Login.objects.filter(ended_at=None).exists()


def test_no_refresh_survives_the_end_of_all_logins(carol: Any) -> None:
    pair = start_login(user=carol)
    _, refreshed = outcomes(lambda: end_all_logins(carol), lambda: refresh_login(pair.refresh))
    if isinstance(refreshed, TokenPair):
        with pytest.raises(InvalidToken):
            identify_token(refreshed.access)
    assert not Login.objects.filter(ended_at=None).exists()


def test_many_who_end_all_logins_do_not_get_in_each_others_way(carol: Any) -> None:
    outcomes(*[lambda: end_all_logins(carol)] * THREADS)
    assert LoginCutoff.objects.count() == 1


def test_a_refresh_token_that_is_used_again_ends_the_login_though_the_request_fails(
    carol: Any, client: Any
) -> None:
    """Even where every request runs in a transaction, which a 401 rolls back."""
    first = start_login(user=carol).refresh
    refresh_login(first)
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        body = {"refresh": first}
        answer = client.post("/api/v1/auth/token/refresh/", body, format="json")
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert answer.status_code == 401
    assert Login.objects.get().ended_at is not None
    with transaction.atomic():
        assert not Login.objects.filter(ended_at=None).exists()

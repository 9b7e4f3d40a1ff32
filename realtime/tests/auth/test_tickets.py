"""Single-use tickets: asked for over REST, redeemed by a socket."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from rest_framework.test import APIClient

from realtime.auth.credentials import identify_token, issue_ticket, redeem_ticket
from realtime.auth.logins import end_all_logins, end_login
from realtime.auth.tokens import TokenPair
from realtime.errors import InvalidToken
from realtime.models import SocketTicket
from realtime.tests.auth.factories import digest_of, token_for

pytestmark = pytest.mark.django_db


def new_ticket(client: APIClient) -> str:
    answer = client.post("/api/v1/auth/ws-ticket/")
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 30
    return str(answer.json()["ticket"])


def test_a_ticket_opens_as_the_token_it_was_asked_for_with(
    as_carol: APIClient, carols_tokens: TokenPair
) -> None:
    token = identify_token(carols_tokens.access)
    identity = redeem_ticket(new_ticket(as_carol))
    assert identity == token


def test_a_ticket_works_once(as_carol: APIClient) -> None:
    ticket = new_ticket(as_carol)
    redeem_ticket(ticket)
    with pytest.raises(InvalidToken):
        redeem_ticket(ticket)


def test_a_ticket_has_at_least_128_random_bits_and_is_stored_as_a_hash(
    as_carol: APIClient,
) -> None:
    tickets = {new_ticket(as_carol) for _ in range(20)}
    assert len(tickets) == 20
    assert all(len(base64.urlsafe_b64decode(t + "==")) >= 16 for t in tickets)
    stored = {str(vars(row)) for row in SocketTicket.objects.all()}
    assert len(stored) == 20
    assert not any(ticket in row for row in stored for ticket in tickets)


def test_a_ticket_is_asked_for_with_an_access_token(client: APIClient) -> None:
    assert client.post("/api/v1/auth/ws-ticket/").status_code == 401


def test_an_old_ticket_opens_nothing_and_is_swept_out(as_carol: APIClient) -> None:
    old = new_ticket(as_carol)
    SocketTicket.objects.update(expires_at="2020-01-01T00:00:00Z")
    new_ticket(as_carol)
    assert not SocketTicket.objects.filter(digest=digest_of(old)).exists()


def test_a_ticket_that_expired_but_is_still_there_opens_nothing(as_carol: APIClient) -> None:
    old = new_ticket(as_carol)
    SocketTicket.objects.update(expires_at="2020-01-01T00:00:00Z")
    with pytest.raises(InvalidToken):
        redeem_ticket(old)


def test_a_ticket_does_not_outlive_its_token(carol: Any) -> None:
    ticket = issue_ticket(identify_token(token_for(carol)))
    SocketTicket.objects.update(token_expires_at=time.time() - 1)
    with pytest.raises(InvalidToken):
        redeem_ticket(ticket)


def test_a_ticket_does_not_outlive_its_login(as_carol: APIClient, carols_tokens: TokenPair) -> None:
    ticket = new_ticket(as_carol)
    end_login(str(identify_token(carols_tokens.access).sid))
    with pytest.raises(InvalidToken):
        redeem_ticket(ticket)


def test_a_ticket_of_a_foreign_token_does_not_outlive_the_end_of_all_logins(carol: Any) -> None:
    ticket = issue_ticket(identify_token(token_for(carol)))
    end_all_logins(carol)
    with pytest.raises(InvalidToken):
        redeem_ticket(ticket)


@pytest.mark.parametrize("raw", ["", "x", "é", "\x00", "x" * 5000, None, 7, b"x"])
def test_what_is_no_ticket_opens_nothing(raw: Any) -> None:
    with pytest.raises(InvalidToken):
        redeem_ticket(raw)


def test_an_access_token_is_no_ticket(carols_tokens: TokenPair) -> None:
    with pytest.raises(InvalidToken):
        redeem_ticket(carols_tokens.access)

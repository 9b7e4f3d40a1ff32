"""The three ways to give a credential at a handshake, and that it goes no further in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from realtime.auth.credentials import identify_token, issue_ticket
from realtime.auth.tokens import TokenPair
from realtime.errors import InvalidToken, Unauthorized
from realtime.models import SocketTicket
from realtime.tests.auth.sockets import connect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def access(carols_tokens: TokenPair) -> str:
    return carols_tokens.access


@pytest.fixture
def ticket(access: str) -> str:
    return issue_ticket(identify_token(access))


def assert_is(scope: dict[str, Any], user: Any) -> None:
    assert scope["auth_error"] is None
    assert scope["identity"].user == scope["user"] == user


def assert_refused(scope: dict[str, Any], error: type[Exception]) -> None:
    assert type(scope["auth_error"]) is error
    assert scope["identity"] is None
    assert scope["user"].is_anonymous


def test_a_token_in_the_query_string(carol: Any, access: str) -> None:
    scope = connect(token=access, since="4")
    assert_is(scope, carol)
    assert scope["query_string"] == b"since=4"
    assert scope["subprotocol"] is None


def test_a_ticket_in_the_query_string_once(carol: Any, ticket: str) -> None:
    scope = connect(f"events=0&ticket={ticket}&since=4")
    assert_is(scope, carol)
    assert scope["query_string"] == b"events=0&since=4"
    assert_refused(connect(ticket=ticket), InvalidToken)


def test_a_token_as_subprotocol(carol: Any, access: str) -> None:
    scope = connect(subprotocols=("bearer", access))
    assert_is(scope, carol)
    assert scope["subprotocol"] == "bearer"


def test_percent_encoding_changes_nothing(carol: Any, access: str) -> None:
    spelled = "".join(f"%{ord(c):02x}" for c in "token")
    scope = connect(f"{spelled}={quote(access.replace('.', '%2E'), safe='%')}&x=%41")
    assert_is(scope, carol)
    assert scope["query_string"] == b"x=%41"


NONE_OR_MANY = {
    "none": "",
    "something else": "since=4",
    "token twice": "token={token}&token={token}",
    "token twice, once encoded": "token={token}&%74oken={token}",
    "token and an empty one": "token={token}&token=",
    "token and a bare one": "token&token={token}",
    "ticket twice": "ticket={ticket}&ticket={ticket}",
    "token and ticket": "token={token}&ticket={ticket}",
    "token and an empty ticket": "token={token}&ticket",
    "token in upper case": "TOKEN={token}",
    "token behind a semicolon": "x=1;token={token}",
    "token as a list": "token[]={token}",
}


@pytest.mark.parametrize("query", NONE_OR_MANY.values(), ids=NONE_OR_MANY.keys())
def test_not_exactly_one_credential_is_unauthorised(query: str, access: str, ticket: str) -> None:
    scope = connect(query.format(token=access, ticket=ticket))
    assert_refused(scope, Unauthorized)
    assert SocketTicket.objects.count() == 1


@pytest.mark.parametrize(
    "offered",
    [
        ("bearer",),
        ("{token}",),
        ("{token}", "bearer"),
        ("bearer", "bearer", "{token}"),
        ("bearer", "{token}", "{token}"),
        ("bearer", "{token}", "chat"),
        ("chat", "bearer", "{token}"),
        ("Bearer", "{token}"),
    ],
)
def test_other_subprotocols_are_no_credential(offered: tuple[str, ...], access: str) -> None:
    scope = connect(subprotocols=tuple(part.format(token=access) for part in offered))
    assert_refused(scope, Unauthorized)


def test_a_token_given_in_two_ways_is_unauthorised(access: str) -> None:
    scope = connect(token=access, subprotocols=("bearer", access))
    assert_refused(scope, Unauthorized)
    assert scope["subprotocol"] == "bearer"


def test_a_browser_is_answered_with_bearer_even_when_it_is_refused() -> None:
    scope = connect(subprotocols=("bearer", "x.y.z"))
    assert_refused(scope, InvalidToken)
    assert scope["subprotocol"] == "bearer"


@pytest.mark.parametrize("value", ["", "x", "%00", "%ff%fe", "%", "%zz", "+", "=", "a" * 9000])
@pytest.mark.parametrize("name", ["token", "ticket"])
def test_odd_values_identify_nobody(name: str, value: str) -> None:
    assert_refused(connect(f"{name}={value}"), InvalidToken)


def test_no_credential_reaches_what_is_further_in(access: str, ticket: str) -> None:
    for scope in (
        connect(f"since=1&token={access}&ticket={ticket}&token={access}"),
        connect(token=access, subprotocols=("bearer", access)),
        connect(subprotocols=("bearer", access, "chat")),
        connect(subprotocols=("chat", "bearer", access)),
    ):
        assert access not in str(scope)
        assert ticket not in str(scope)
        assert access.rsplit(".", 1)[1] not in str(scope)

"""Guessing passwords: no other address, spelling, way in or flood of requests gives more attempts."""

from __future__ import annotations

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from realtime.auth.address import client_address, network_of
from realtime.auth.throttles import FormThrottle, UserThrottle
from realtime.conf import config
from realtime.tests.auth.factories import PASSWORD

ATTEMPTS = int(str(api_settings.DEFAULT_THROTTLE_RATES["login"]).split("/")[0])


def guess(name: str = "carol", **where: str) -> int:
    body = {"username": name, "password": "guess"}
    answer = APIClient(**where).post("/api/v1/auth/token/", body, format="json")
    return int(answer.status_code)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("", ""),
    ],
)
def test_a_host_with_ipv6_is_one_whatever_address_it_gives_itself(
    address: str, network: str
) -> None:
    assert network_of(address) == network


def test_an_ipv4_address_is_the_same_behind_a_server_that_listens_to_both_kinds() -> None:
    assert client_address(peer="::ffff:192.0.2.7", forwarded_for="") == "192.0.2.7"


@pytest.mark.parametrize(
    ("trusted", "client"), [(0, "127.0.0.1"), (1, "192.0.2.3"), (2, "192.0.2.2")]
)
def test_of_the_forwarded_addresses_as_many_are_believed_as_there_are_proxies(
    settings: Any, trusted: int, client: str
) -> None:
    settings.REALTIME = {**settings.REALTIME, "trusted_proxies": trusted}
    claimed = "10.9.9.9, 192.0.2.2, 192.0.2.3"
    assert client_address(peer="127.0.0.1", forwarded_for=claimed) == client
    assert config().trusted_proxies == trusted


def test_another_address_of_the_same_network_gives_no_more_attempts(carol: Any) -> None:
    for number in range(ATTEMPTS):
        assert guess(REMOTE_ADDR=f"2001:db8::{number:x}:1") == 401
    assert guess(REMOTE_ADDR="2001:db8::ffff") == 429
    assert guess(REMOTE_ADDR="2001:db8:0:1::1") == 401


def test_who_was_tried_is_not_forgotten_in_a_flood_of_others(carol: Any, client: APIClient) -> None:
    for _ in range(ATTEMPTS):
        assert guess() == 401
    for number in range(400):
        client.post(f"/api/v1/hooks/no-such-hook-{number}/", {"content": "x"}, format="json")
    assert guess() == 429


def test_an_invented_address_makes_nobody_new_where_nobody_is_signed_in(
    monkeypatch: pytest.MonkeyPatch, client: APIClient, db: None
) -> None:
    monkeypatch.setattr(UserThrottle, "get_rate", lambda self: "3/min")
    codes = [
        client.post(
            "/api/v1/auth/token/verify/",
            {"token": "x"},
            format="json",
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        ).status_code
        for number in range(4)
    ]
    assert codes == [401, 401, 401, 429]


def test_of_many_attempts_at_once_no_more_are_let_through() -> None:
    request = RequestFactory().post("/admin/login/")
    together = threading.Barrier(16)

    def attempt(name: str) -> bool:
        together.wait(10)
        return FormThrottle(name).allow_request(request, None)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    try:
        with ThreadPoolExecutor(16) as pool:
            for name in map(str, range(100)):
                assert sum(pool.map(attempt, [name] * 16)) == ATTEMPTS
    finally:
        sys.setswitchinterval(before)


def test_the_form_of_the_admin_and_rest_count_together(
    alice: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def try_form(name: str, password: str) -> str:
        fields = {"username": name, "password": password}
        return str(Client().post("/admin/login/", fields).content.decode())

    with caplog.at_level(logging.WARNING):
        for number in range(ATTEMPTS):
            if number % 2:
                assert guess(" ALICE ") == 401
            else:
                assert "Too many attempts" not in try_form("alice", "guess")
    refused = [r for r in caplog.records if r.getMessage() == "sign-in refused"]
    assert len(refused) == ATTEMPTS
    assert {getattr(r, "address", "") for r in refused} == {"127.0.0.1"}
    assert "Too many attempts" in try_form("alice", PASSWORD)
    assert guess("alice") == 429


def test_the_form_of_the_admin_lets_in_who_knows_the_password(alice: Any) -> None:
    answer = Client().post("/admin/login/", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 302

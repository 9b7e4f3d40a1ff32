"""The ``auth/`` paths, as a client uses them."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from rest_framework.settings import api_settings as drf_settings
from rest_framework.test import APIClient

from realtime.auth.logins import start_login
from realtime.auth.tokens import TokenPair
from realtime.models import Login
from realtime.tests.auth.factories import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: APIClient, username: str = "carol", password: str = PASSWORD) -> Any:
    body = {"username": username, "password": password}
    return client.post("/api/v1/auth/token/", body, format="json")


def refresh(client: APIClient, token: str) -> Any:
    return client.post("/api/v1/auth/token/refresh/", {"refresh": token}, format="json")


def me(client: APIClient, access: str) -> int:
    headers = {"authorization": f"Bearer {access}"}
    return client.get("/api/v1/auth/me/", headers=headers).status_code


def log_out(client: APIClient, token: str, **more: Any) -> int:
    body = {"refresh": token, **more}
    return client.post("/api/v1/auth/logout/", body, format="json").status_code


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_signing_in_gives_tokens_with_all_claims(carol: Any, client: APIClient) -> None:
    answer = sign_in(client)
    assert answer.status_code == 200
    assert answer["Cache-Control"].find("no-store") > 0
    assert set(answer.data) == {"access", "refresh"}
    access, refreshing = claims(answer.data["access"]), claims(answer.data["refresh"])
    assert set(access) == {"sub", "exp", "iat", "jti", "iss", "aud", "token_type", "sid"}
    assert (access["sub"], access["iss"], access["aud"]) == (str(carol.pk), "livedesk", "livedesk")
    assert (access["token_type"], refreshing["token_type"]) == ("access", "refresh")
    assert access["sid"] == refreshing["sid"] == Login.objects.get().sid
    assert me(client, answer.data["access"]) == 200


@pytest.mark.parametrize(
    ("username", "password"), [("carol", "wrong"), ("nobody", PASSWORD), ("CAROL", PASSWORD)]
)
def test_a_wrong_name_or_password_gets_the_same_401(
    username: str, password: str, carol: Any, client: APIClient
) -> None:
    answer = sign_in(client, username, password)
    assert answer.status_code == 401
    assert "user name or the password" in answer.content.decode()
    assert not Login.objects.exists()


def test_an_inactive_user_can_not_sign_in(carol: Any, client: APIClient) -> None:
    carol.is_active = False
    carol.save()
    assert sign_in(client).status_code == 401


def test_signing_in_works_when_the_password_gets_a_better_hash_by_it(
    carol: Any, client: APIClient, settings: Any
) -> None:
    stored = carol.password
    better = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [better, *settings.PASSWORD_HASHERS]
    access = sign_in(client).data["access"]
    carol.refresh_from_db()
    assert carol.password != stored
    assert me(client, access) == 200


def test_an_old_token_in_the_header_keeps_nobody_from_signing_in(
    carol: Any, client: APIClient
) -> None:
    client.credentials(HTTP_AUTHORIZATION="Bearer expired.long.ago")
    assert sign_in(client).status_code == 200


def test_me_tells_who_i_am(as_carol: APIClient, carol: Any) -> None:
    carol.email = "carol@example.org"
    carol.save()
    assert as_carol.get("/api/v1/auth/me/").json() == {
        "id": str(carol.pk),
        "username": "carol",
        "name": "carol",
        "email": "carol@example.org",
        "is_staff": False,
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic Y2Fyb2w6eA==", "Token x"])
def test_me_needs_a_token(header: str, client: APIClient) -> None:
    answer = client.get("/api/v1/auth/me/", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_refresh_keeps_the_login_and_kills_the_token_that_was_used(
    carols_tokens: TokenPair, client: APIClient
) -> None:
    second = refresh(client, carols_tokens.refresh)
    assert second.status_code == 200
    assert claims(second.data["access"])["sid"] == claims(carols_tokens.access)["sid"]
    third = refresh(client, second.data["refresh"])
    assert third.status_code == 200
    assert me(client, carols_tokens.access) == me(client, third.data["access"]) == 200


def test_using_a_refresh_token_again_ends_its_login(
    carols_tokens: TokenPair, client: APIClient
) -> None:
    second = refresh(client, carols_tokens.refresh).data
    assert refresh(client, carols_tokens.refresh).status_code == 401
    assert me(client, second["access"]) == 401
    assert refresh(client, second["refresh"]).status_code == 401


def test_logging_out_ends_this_login_only(
    carol: Any, carols_tokens: TokenPair, client: APIClient
) -> None:
    phone = start_login(user=carol)
    assert log_out(client, carols_tokens.refresh) == 204
    assert me(client, carols_tokens.access) == 401
    assert refresh(client, carols_tokens.refresh).status_code == 401
    assert me(client, phone.access) == 200


def test_logging_out_everywhere_ends_all_logins_of_this_user(
    carol: Any, dave: Any, carols_tokens: TokenPair, client: APIClient
) -> None:
    phone, daves = start_login(user=carol), start_login(user=dave)
    assert log_out(client, carols_tokens.refresh, all=True) == 204
    assert me(client, carols_tokens.access) == me(client, phone.access) == 401
    assert refresh(client, phone.refresh).status_code == 401
    assert me(client, daves.access) == 200


def test_signing_in_right_after_logging_out_everywhere_works(
    carol: Any, carols_tokens: TokenPair, client: APIClient
) -> None:
    log_out(client, carols_tokens.refresh, all=True)
    assert me(client, sign_in(client).data["access"]) == 200


def test_logging_out_twice_is_a_401(carols_tokens: TokenPair, client: APIClient) -> None:
    assert log_out(client, carols_tokens.refresh) == 204
    assert log_out(client, carols_tokens.refresh) == 401


def test_an_access_token_can_not_log_out(carols_tokens: TokenPair, client: APIClient) -> None:
    assert log_out(client, carols_tokens.access) == 401


def test_verify_takes_living_tokens_only(carols_tokens: TokenPair, client: APIClient) -> None:
    def verify(token: str) -> int:
        body = {"token": token}
        return client.post("/api/v1/auth/token/verify/", body, format="json").status_code

    second = refresh(client, carols_tokens.refresh).data
    assert verify(carols_tokens.access) == verify(second["refresh"]) == 200
    assert verify(carols_tokens.refresh) == verify("x.y.z") == 401
    log_out(client, second["refresh"])
    assert verify(second["access"]) == verify(second["refresh"]) == 401


def test_changing_the_password_ends_all_logins(
    carol: Any, as_carol: APIClient, carols_tokens: TokenPair, client: APIClient
) -> None:
    phone = start_login(user=carol)
    body = {"old_password": PASSWORD, "new_password": "a-Better-one-9"}
    assert as_carol.post("/api/v1/auth/password/change/", body, format="json").status_code == 204
    for pair in (carols_tokens, phone):
        assert me(client, pair.access) == refresh(client, pair.refresh).status_code == 401
    assert sign_in(client).status_code == 401
    answer = sign_in(client, password="a-Better-one-9")
    assert me(client, answer.data["access"]) == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"old_password": "wrong", "new_password": "a-Better-one-9"}, "old_password"),
        ({"old_password": PASSWORD, "new_password": "short"}, "new_password"),
        ({"old_password": PASSWORD}, "new_password"),
        ({"old_password": PASSWORD, "new_password": ["a-Better-one-9"]}, "new_password"),
        ({"old_password": PASSWORD, "new_password": "a-Better\x00-one-9"}, "new_password"),
    ],
)
def test_a_bad_password_change_changes_nothing(
    body: dict[str, Any], field: str, as_carol: APIClient, client: APIClient
) -> None:
    answer = as_carol.post("/api/v1/auth/password/change/", body, format="json")
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert as_carol.get("/api/v1/auth/me/").status_code == 200
    assert sign_in(client).status_code == 200


PATHS = ["token/", "token/refresh/", "token/verify/", "logout/", "password/change/"]
BODIES = {
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b"[]",
    "a list of objects": b'[{"username":"carol"}]',
    "text": b'"x"',
    "a number": b"7",
    "null": b"null",
    "not JSON": b"{",
    "invalid UTF-8": b'{"username":"\xff"}',
    "NaN": b'{"username":NaN}',
    "objects": b'{"username":{},"password":{},"refresh":{},"token":{}}',
    "lists": b'{"username":[],"password":[],"refresh":[],"token":[]}',
    "nulls": b'{"username":null,"password":null,"refresh":null,"token":null}',
    "NUL": b'{"username":"\\u0000","password":"\\u0000","refresh":"\\u0000","token":"\\u0000"}',
    "a lone surrogate": b'{"username":"\\ud800","password":"\\ud800","refresh":"\\ud800"}',
    "very long": b'{"username":"%s","password":"%s","refresh":"%s"}' % ((b"x" * 20_000,) * 3),
    "a huge number": b'{"username":%s,"password":1,"refresh":1}' % (b"9" * 5000),
    "very deep": b"[" * 50_000,
    "objects very deep": b'{"username":' * 5000,
    "odd all": b'{"refresh":"x","all":{"a":1}}',
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_bad_body_is_a_4xx(path: str, body: bytes, as_carol: APIClient) -> None:
    logins = Login.objects.filter(ended_at=None).count()
    answer = as_carol.post(f"/api/v1/auth/{path}", body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert Login.objects.filter(ended_at=None).count() == logins


@pytest.mark.parametrize("path", [*PATHS, "ws-ticket/"])
def test_signing_in_takes_no_get(path: str, as_carol: APIClient) -> None:
    assert as_carol.get(f"/api/v1/auth/{path}").status_code == 405


def allowed_sign_ins() -> int:
    return int(str(drf_settings.DEFAULT_THROTTLE_RATES["login"]).split("/")[0])


def test_passwords_can_not_be_tried_without_end(carol: Any, client: APIClient) -> None:
    for _ in range(allowed_sign_ins()):
        assert sign_in(client, password="guess").status_code == 401
    refused = sign_in(client)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert sign_in(client, username=" Carol ").status_code == 429


def test_a_throttled_name_is_free_from_elsewhere_and_others_are_not_throttled(
    carol: Any, dave: Any, client: APIClient
) -> None:
    for _ in range(allowed_sign_ins() + 1):
        sign_in(client, password="guess")
    assert sign_in(client, username="dave").status_code == 200
    elsewhere = APIClient(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere).status_code == 200


def test_a_claimed_address_does_not_get_around_the_throttle(carol: Any, client: APIClient) -> None:
    for _ in range(allowed_sign_ins()):
        sign_in(client, password="guess")
    liar = APIClient(HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert sign_in(liar).status_code == 429


def test_the_old_password_can_not_be_tried_without_end(as_carol: APIClient) -> None:
    body = {"old_password": "guess", "new_password": "a-Better-one-9"}
    codes = {
        as_carol.post("/api/v1/auth/password/change/", body, format="json").status_code
        for _ in range(allowed_sign_ins() + 1)
    }
    assert codes == {400, 429}


def test_a_login_remembers_what_it_was_made_with(carol: Any, client: APIClient) -> None:
    client.post(
        "/api/v1/auth/token/",
        {"username": "carol", "password": PASSWORD},
        format="json",
        headers={"user-agent": "Firefox " + "x" * 500},
    )
    login = Login.objects.get()
    assert login.user_agent.startswith("Firefox")
    assert login.address == "127.0.0.1"


def test_expired_logins_are_forgotten_when_their_user_signs_in(
    carol: Any, carols_tokens: TokenPair, client: APIClient
) -> None:
    Login.objects.update(expires_at="2020-01-01T00:00:00Z")
    sign_in(client)
    assert Login.objects.count() == 1


def test_no_token_is_in_the_logs(
    carol: Any, client: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    first = sign_in(client).data
    second = refresh(client, first["refresh"]).data
    refresh(client, first["refresh"])
    me(client, second["access"])
    log_out(client, second["refresh"])
    logged = "\n".join(str(record.__dict__) for record in caplog.records)
    assert "login started" in logged
    for token in (*first.values(), *second.values()):
        assert token not in logged
        assert token.rsplit(".", 1)[1] not in logged


def test_tokens_have_no_readable_form(carols_tokens: TokenPair) -> None:
    assert carols_tokens.access not in repr(carols_tokens)
    assert carols_tokens.refresh not in repr(carols_tokens)


def test_errors_have_stable_codes(carol: Any, as_carol: APIClient, client: APIClient) -> None:
    def code(answer: Any) -> str:
        body = answer.json()
        assert set(body) <= {"code", "detail", "fields"} and isinstance(body["detail"], str)
        return str(body["code"])

    assert code(sign_in(client, password="wrong")) == "unauthorized"
    assert code(client.post("/api/v1/auth/token/", {}, format="json")) == "missing_field"
    assert code(refresh(client, "x.y.z")) == "invalid_token"
    assert code(client.get("/api/v1/auth/me/")) == "unauthorized"
    client.credentials(HTTP_AUTHORIZATION="Bearer x.y.z")
    assert code(client.get("/api/v1/auth/me/")) == "invalid_token"
    body = {"old_password": "wrong", "new_password": "a-Better-one-9"}
    answer = as_carol.post("/api/v1/auth/password/change/", body, format="json")
    assert code(answer) == "invalid_field"
    assert set(answer.json()["fields"]) == {"old_password"}
    for _ in range(allowed_sign_ins()):
        answer = sign_in(client, password="wrong")
    assert code(answer) == "rate_limited"

"""Tokens that must open nothing, on REST and on sockets, and must never be a server error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from realtime.auth.credentials import identify_token
from realtime.auth.logins import end_login, start_login
from realtime.auth.tokens import MAX_TOKEN_CHARS, read_token
from realtime.errors import InvalidToken
from realtime.models import Login
from realtime.tests.auth.factories import MISSING, claims_for, sign, token_for
from realtime.tests.auth.sockets import connect

# Later than any run of the tests takes.
LATER = time.time() + 86_400

ODD_MOMENTS = {
    "10**18": 10**18,
    "1e308": 1e308,
    "10**400": 10**400,
    "infinite": float("inf"),
    "minus infinite": float("-inf"),
    "NaN": float("nan"),
    "text": "tomorrow",
    "digits as text": str(int(LATER)),
    "true": True,
    "null": None,
    "a list": [LATER],
    "an object": {"at": LATER},
    "negative": -1,
}
ODD_SUBJECTS = {
    "empty": "",
    "an integer": 1,
    "a float": 1.5,
    "true": True,
    "null": None,
    "a list": ["1"],
    "an object": {"$ne": None},
    "not a key": "carol",
    "injected": "1 OR 1=1",
    "huge": "9" * 190,
    "too large for the column": str(2**63),
    "long": "1" * 3000,
    "NUL": "1\x00",
    "negative": "-1",
    "nobody": "2147483000",
}
OTHER_SPELLINGS: dict[str, Callable[[str], str]] = {
    "Unicode digits": lambda key: key.translate({ord("0") + i: ord("٠") + i for i in range(10)}),
    "with a sign": lambda key: f"+{key}",
    "with a space": lambda key: f" {key}",
    "with a zero": lambda key: f"0{key}",
    "with a fraction": lambda key: f"{key}.0",
    "with a newline": lambda key: f"{key}\n",
}
ODD_LOGINS = {
    "empty": "",
    "null": None,
    "an integer": 1,
    "a list": ["x"],
    "an object": {},
    "NUL": "\x00",
    "a lone surrogate": "\ud800",
    "long": "x" * 2000,
    "unknown": "0190a0a0-0000-7000-8000-000000000000",
}
REQUIRED = ("sub", "exp", "iat", "jti", "iss", "aud", "token_type")

Attack = Callable[[Any], Any]


def _attacks() -> dict[str, Attack]:
    attacks: dict[str, Attack] = {
        "empty": lambda u: "",
        "two parts": lambda u: ".".join(token_for(u).split(".")[:2]),
        "not base64": lambda u: "!.!.!",
        "words": lambda u: "let me in",
        "not ASCII": lambda u: "é" + token_for(u),
        "NUL in front": lambda u: "\x00" + token_for(u),
        "no signature": lambda u: token_for(u).rsplit(".", 1)[0] + ".",
        "signature cut": lambda u: token_for(u)[:-4],
        "another payload": lambda u: _with_payload_of(token_for(u), token_for(u, sub="1")),
        "wrong key": lambda u: sign(claims_for(u), key="w" * 40),
        "empty key": lambda u: sign(claims_for(u), key=""),
        "alg none": lambda u: sign(claims_for(u), header={"alg": "none"}).rsplit(".", 1)[0] + ".",
        "alg None, signed": lambda u: sign(claims_for(u), header={"alg": "None"}),
        "alg HS512": lambda u: sign(claims_for(u), header={"alg": "HS512"}, algorithm="sha512"),
        "alg RS256": lambda u: sign(claims_for(u), header={"alg": "RS256"}),
        "alg missing": lambda u: sign(claims_for(u), header={"typ": "JWT"}),
        "alg a list": lambda u: sign(claims_for(u), header={"alg": ["HS256"]}),
        "header a list": lambda u: sign(claims_for(u), header=[]),
        "header very deep": lambda u: sign("{}", header="[" * 2900),
        "header objects very deep": lambda u: sign("{}", header='{"a":' * 500),
        "unknown crit": lambda u: sign(
            claims_for(u), header={"alg": "HS256", "crit": ["x"], "x": 1}
        ),
        "detached": lambda u: sign(claims_for(u), header={"alg": "HS256", "b64": False}),
        "payload a list": lambda u: sign([claims_for(u)]),
        "payload a number": lambda u: sign("7"),
        "payload null": lambda u: sign("null"),
        "payload very deep": lambda u: sign("[" * 2900),
        "payload not JSON": lambda u: sign("{"),
        "expired": lambda u: token_for(u, exp=int(time.time()) - 1, iat=int(time.time()) - 300),
        "expires now": lambda u: token_for(u, exp=int(time.time())),
        "issued in the future": lambda u: token_for(u, iat=time.time() + 120),
        "not yet valid": lambda u: token_for(u, nbf=time.time() + 120),
        "not before infinity": lambda u: token_for(u, nbf=float("inf")),
        "another issuer": lambda u: token_for(u, iss="elsewhere"),
        "issuer a list": lambda u: token_for(u, iss=["livedesk", "x"]),
        "another audience": lambda u: token_for(u, aud="elsewhere"),
        "audience an object": lambda u: token_for(u, aud={"livedesk": 1}),
        "refresh token": lambda u: start_login(user=u).refresh,
        "another type": lambda u: token_for(u, token_type="sliding"),
        "type a list": lambda u: token_for(u, token_type=["access"]),
        "jti empty": lambda u: token_for(u, jti=""),
        "jti a number": lambda u: token_for(u, jti=7),
        "jti an object": lambda u: token_for(u, jti={}),
        "over 4,096 characters": lambda u: token_for(u, filler="x" * 3500),
        "8 KB": lambda u: token_for(u, filler="x" * 6000),
        "ended login": _token_of_an_ended_login,
        "somebody else's login": _token_with_the_login_of_another,
    }
    for name in REQUIRED:
        attacks[f"without {name}"] = lambda u, name=name: token_for(u, **{name: MISSING})
    for claim in ("exp", "iat"):
        for name, value in ODD_MOMENTS.items():
            attacks[f"{claim}: {name}"] = lambda u, c=claim, v=value: token_for(u, **{c: v})
    for name, value in ODD_SUBJECTS.items():
        attacks[f"sub: {name}"] = lambda u, v=value: token_for(u, sub=v)
    for name, spell in OTHER_SPELLINGS.items():
        attacks[f"sub: {name}"] = lambda u, f=spell: token_for(u, sub=f(str(u.pk)))
    for name, value in ODD_LOGINS.items():
        attacks[f"sid: {name}"] = lambda u, v=value: token_for(u, sid=v)
    return attacks


def _with_payload_of(token: str, other: str) -> str:
    head, _, signature = token.split(".")
    return ".".join([head, other.split(".")[1], signature])


def _token_of_an_ended_login(user: Any) -> str:
    access = start_login(user=user).access
    end_login(str(read_token(access, kind="access").sid))
    return access


def _token_with_the_login_of_another(user: Any) -> str:
    start_login(user=type(user).objects.create(username="mallory", password=user.password))
    return token_for(user, sid=Login.objects.get(user__username="mallory").sid)


ATTACKS = _attacks()
each_attack = pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())


@each_attack
def test_a_bad_token_identifies_nobody(attack: Attack, carol: Any) -> None:
    with pytest.raises(InvalidToken) as refused:
        identify_token(attack(carol))
    assert str(refused.value) == InvalidToken.text
    assert refused.value.__cause__ is None


@each_attack
def test_a_bad_token_is_a_401_on_rest(attack: Attack, carol: Any, client: APIClient) -> None:
    token = attack(carol)
    answer = client.get("/api/v1/auth/me/", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    if len(token) > 20:
        assert token not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@each_attack
def test_a_bad_token_opens_no_socket(attack: Attack, carol: Any) -> None:
    scope = connect(token=attack(carol))
    assert scope["identity"] is None
    assert scope["auth_error"].status == 401
    assert not scope["user"].is_authenticated


@pytest.mark.parametrize("raw", [None, 7, b"bytes", ["x"], {}])
def test_what_is_no_text_is_no_token(raw: Any) -> None:
    with pytest.raises(InvalidToken):
        read_token(raw, kind="access")


def test_the_longest_token_allowed_is_taken(carol: Any) -> None:
    claims = claims_for(carol)
    spare = (MAX_TOKEN_CHARS - len(sign(claims))) * 3 // 4
    token = sign({**claims, "f": "x" * (spare - len(json.dumps({"f": ""})) - 1)})
    assert MAX_TOKEN_CHARS - 8 < len(token) <= MAX_TOKEN_CHARS
    assert identify_token(token).user == carol


def test_a_token_of_another_issuer_with_our_key_needs_no_login(carol: Any) -> None:
    identity = identify_token(token_for(carol, exp=LATER, iat=int(time.time()) - 0.25))
    assert (identity.user, identity.sid, identity.expires_at) == (carol, None, LATER)


def test_a_token_for_several_audiences_is_taken_if_ours_is_among_them(carol: Any) -> None:
    assert identify_token(token_for(carol, aud=["elsewhere", "livedesk"])).user == carol


def test_an_access_token_is_no_refresh_token(carol: Any, client: APIClient) -> None:
    access = start_login(user=carol).access
    answer = client.post("/api/v1/auth/token/refresh/", {"refresh": access}, format="json")
    assert answer.status_code == 401

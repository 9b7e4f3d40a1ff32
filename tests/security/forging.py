"""Tokens as attackers make them, some of whom know the key, and everybody who must not be let in by one."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from tests.support.server import Person

ENDPOINTS = {
    "/api/v1/ws/connect": 4401,
    "/api/v1/ws/notifications": 4401,
    "/api/v1/ws/tickets/0190a000-0000-7000-8000-000000000000": 4401,
    "/ws": 4001,
}
"""Paths and what they close with when somebody isn't let in."""


@dataclass(frozen=True)
class Forger:
    """Knows a user's good token, and the key."""

    person: Person
    key: str

    @classmethod
    def against(cls, person: Person) -> Forger:
        return cls(person, (person.server.desk.folder / "secret-key").read_text().strip())

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of the good token with changes; None removes one, `Null` is null."""
        claims = jwt.decode(self.person.access, options={"verify_signature": False})
        claims.update(changes)
        return {
            name: None if value is Null else value
            for name, value in claims.items()
            if value is not None
        }

    def sign(self, claims: Any, *, key: str | None = None, **header: Any) -> str:
        """A token of anything at all, which proper libraries refuse to make."""
        head = {"alg": "HS256", "typ": "JWT", **header}
        text = f"{_part(json.dumps(head))}.{_part(json.dumps(claims))}"
        algorithm = {"HS512": "sha512", "HS384": "sha384"}.get(str(head["alg"]), "sha256")
        secret = (self.key if key is None else key).encode()
        return f"{text}.{_base64(hmac.new(secret, text.encode(), algorithm).digest())}"

    def altered(self, **changes: Any) -> str:
        return self.sign(self.claims(**changes))


class Null:
    """Stands for null in a claim."""


def _part(text: str) -> str:
    return _base64(text.encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _attacks() -> dict[str, Callable[[Forger], str]]:
    now = time.time()
    attacks: dict[str, Callable[[Forger], str]] = {
        "nothing": lambda f: "",
        "words": lambda f: "let me in",
        "alg none": lambda f: f.sign(f.claims(), alg="none").rsplit(".", 1)[0] + ".",
        "alg None": lambda f: f.sign(f.claims(), alg="None"),
        "alg nOnE without a signature": lambda f: (
            f.sign(f.claims(), alg="nOnE").rsplit(".", 1)[0] + "."
        ),
        "alg HS512": lambda f: f.sign(f.claims(), alg="HS512"),
        "alg HS384": lambda f: f.sign(f.claims(), alg="HS384"),
        "alg RS256": lambda f: f.sign(f.claims(), alg="RS256"),
        "alg a list": lambda f: f.sign(f.claims(), alg=["HS256"]),
        "a key in the header": lambda f: f.sign(
            f.claims(), key="x" * 40, jwk={"kty": "oct", "k": "eHg"}
        ),
        "a key from a file": lambda f: f.sign(f.claims(), key="", kid="/dev/null"),
        "unknown crit": lambda f: f.sign(f.claims(), crit=["x"], x=1),
        "wrong key": lambda f: f.sign(f.claims(), key="w" * 40),
        "no key": lambda f: f.sign(f.claims(), key=""),
        "no signature": lambda f: f.person.access.rsplit(".", 1)[0] + ".",
        "a cut signature": lambda f: f.person.access[:-3],
        "two parts": lambda f: f.person.access.rsplit(".", 1)[0],
        "four parts": lambda f: f.person.access + ".x",
        "another's signature": lambda f: (
            f.altered(sub="1").rsplit(".", 1)[0] + "." + f.person.access.rsplit(".")[-1]
        ),
        "a refresh token": lambda f: f.person.refresh,
        "claims a list": lambda f: f.sign([1]),
        "claims null": lambda f: f.sign(None),
        "claims text": lambda f: f.sign("carol"),
        "8 KB": lambda f: f.altered(filler="x" * 6000),
        "over 4,096 characters": lambda f: f.altered(filler="x" * 3000),
        "not yet valid": lambda f: f.altered(nbf=now + 600),
        "not before infinity": lambda f: f.altered(nbf=float("inf")),
        "issued tomorrow": lambda f: f.altered(iat=now + 86_400),
        "another issuer": lambda f: f.altered(iss="elsewhere"),
        "issuer a list": lambda f: f.altered(iss=["livedesk"]),
        "another audience": lambda f: f.altered(aud="elsewhere"),
        "audience an object": lambda f: f.altered(aud={"livedesk": True}),
        "another login": lambda f: f.altered(sid="0190a0a0-0000-7000-8000-000000000000"),
        "login a list": lambda f: f.altered(sid=["x"]),
        "type refresh": lambda f: f.altered(token_type="refresh"),
        "type a list": lambda f: f.altered(token_type=["access"]),
        "jti empty": lambda f: f.altered(jti=""),
    }
    moments = {
        "a second ago": int(now) - 1, "10**18": 10**18, "1e308": 1e308, "10**400": 10**400,
        "infinite": float("inf"), "NaN": float("nan"), "text": "tomorrow", "true": True, "null": Null,
        "a list": [now + 60], "an object": {}, "negative": -1,
    }  # fmt: skip
    for name, value in moments.items():
        attacks[f"exp {name}"] = lambda f, v=value: f.altered(exp=v)
    subjects = {
        "empty": "", "a number": 1, "true": True, "null": Null, "a list": ["1"], "an object": {"$ne": 1},
        "SQL": "1 OR 1=1", "huge": "9" * 300, "NUL": "1\x00", "negative": "-1", "nobody": "2147483000", "a name": "carol",
    }  # fmt: skip
    for name, value in subjects.items():
        attacks[f"sub {name}"] = lambda f, v=value: f.altered(sub=v)
    for name in ("sub", "exp", "iat", "jti", "iss", "aud", "token_type"):
        attacks[f"without {name}"] = lambda f, n=name: f.altered(**{n: None})
    return attacks


ATTACKS = _attacks()

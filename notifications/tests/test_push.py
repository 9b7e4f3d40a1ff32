"""Web pushes as a push service gets them and a browser reads them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rest_framework.test import APIClient

from notifications.models import Delivery, PushSubscription, VapidKey
from notifications.services import notify
from notifications.services.sending import send_due_deliveries
from notifications.tests.servers import PushService
from notifications.transports.push import public_key

pytestmark = pytest.mark.django_db

BROWSERS = "/api/v1/notifications/push/browsers/"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Browser:
    """A browser with its keys."""

    key: ec.EllipticCurvePrivateKey
    secret: bytes
    endpoint: str

    def subscription(self) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": base64url(point), "auth": base64url(self.secret)},
        }

    def read(self, body: bytes) -> Any:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret))


@pytest.fixture
def alices(push: PushService) -> Browser:
    key = ec.generate_private_key(ec.SECP256R1())
    return Browser(key, b"0123456789abcdef", f"{push.origin}/send/1")


@pytest.fixture
def subscribed(as_alice: APIClient, alices: Browser) -> Browser:
    assert as_alice.post(BROWSERS, alices.subscription(), format="json").status_code == 201
    return alices


def tell(*recipients: Any) -> None:
    notify(
        kind="test.replied", recipients=recipients, title="T", message="M" * 9000, url="/tickets/1/"
    )


def test_a_browser_can_read_what_it_is_sent(
    alice: Any, subscribed: Browser, push: PushService
) -> None:
    tell(alice)
    assert send_due_deliveries() == "1 sent, 0 skipped, 0 failed"

    [(headers, body)] = push.requests
    payload = subscribed.read(body)
    row = alice.notifications.get()
    assert payload["title"] == "T"
    assert (payload["id"], payload["url"]) == (str(row.pk), "/tickets/1/")
    assert payload["counts"] == {"unread": 1, "unseen": 1}
    assert len(body) < 4096
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["ttl"] == "86400"


def test_the_push_service_can_check_who_sends(
    alice: Any, subscribed: Browser, push: PushService
) -> None:
    tell(alice)
    send_due_deliveries()
    scheme, values = push.requests[0][0]["authorization"].split(" ", 1)
    token, key = (part.split("=", 1)[1] for part in values.split(","))
    assert scheme == "vapid"
    assert key == public_key() == VapidKey.objects.get().public_key
    point = base64.urlsafe_b64decode(key + "=")
    verifier = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(token, verifier, algorithms=["ES256"], audience=push.origin)
    assert claims["sub"].startswith("mailto:")


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    alice: Any, subscribed: Browser, push: PushService, status: int
) -> None:
    push.status = status
    tell(alice)
    assert send_due_deliveries() == "0 sent, 0 skipped, 1 failed"
    assert not PushSubscription.objects.exists()
    assert Delivery.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("status", "left_as"), [(500, "queued"), (429, "queued"), (400, "failed"), (302, "queued")]
)
def test_a_push_that_fails_is_tried_again_where_that_may_help(
    alice: Any, subscribed: Browser, push: PushService, status: int, left_as: str
) -> None:
    push.status = status
    tell(alice)
    send_due_deliveries()
    assert Delivery.objects.get().status == left_as
    assert len(push.requests) == 1  # and a redirection is not followed


def test_subscribing_again_changes_the_keys_of_the_same_browser(
    as_alice: APIClient, subscribed: Browser
) -> None:
    subscribed.secret = b"fedcba9876543210"
    answer = as_alice.post(BROWSERS, subscribed.subscription(), format="json")
    assert answer.status_code == 200
    assert PushSubscription.objects.get().auth == base64url(subscribed.secret)


def test_browsers_are_listed_and_removed_by_their_owner_only(
    as_alice: APIClient, subscribed: Browser, bob: Any
) -> None:
    [row] = as_alice.get(BROWSERS).json()["results"]
    assert set(row) == {"id", "user_agent", "created_at"}
    as_bob = APIClient()
    as_bob.force_authenticate(bob)
    assert as_bob.get(BROWSERS).json()["results"] == []
    assert as_bob.delete(f"{BROWSERS}{row['id']}/").status_code == 404
    assert as_alice.delete(f"{BROWSERS}{row['id']}/").status_code == 204


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://169.254.169.254/latest/meta-data/",
        "http://localhost:6379/",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/#https://fcm.googleapis.com",
        "https://user@evil.example/",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ],
)
def test_a_browser_cannot_make_the_server_call_somewhere_else(
    as_alice: APIClient, alices: Browser, endpoint: str
) -> None:
    body = {**alices.subscription(), "endpoint": endpoint}
    assert as_alice.post(BROWSERS, body, format="json").status_code == 400
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"p256dh": "AAAA", "auth": "AAAA"},
        {"p256dh": "ä", "auth": "MDEyMzQ1Njc4OWFiY2RlZg"},
        {"p256dh": base64url(b"\x04" + b"\x01" * 64), "auth": "MDEyMzQ1Njc4OWFiY2RlZg"},
        "none",
        None,
    ],
)
def test_keys_that_nothing_could_be_sent_with_are_refused(
    as_alice: APIClient, alices: Browser, keys: Any
) -> None:
    body = {**alices.subscription(), "keys": keys}
    assert as_alice.post(BROWSERS, body, format="json").status_code == 400


def test_the_key_for_subscribing_stays_the_same(as_alice: APIClient) -> None:
    answers = {as_alice.get("/api/v1/notifications/push/key/").json()["public_key"] for _ in "12"}
    assert answers == {VapidKey.objects.get().public_key}

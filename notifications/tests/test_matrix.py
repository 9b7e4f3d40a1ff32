"""Who may do what with Alice's notifications: she, another agent, a customer, an admin, and nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from notifications import urls
from notifications.models import MutedTarget, Notification, PushSubscription
from notifications.services import subscribe_browser
from notifications.tests.factories import make_notification, make_user
from notifications.unsubscribe import unsubscribe_url
from realtime.tests.sharing import kept_for_the_module

pytestmark = pytest.mark.django_db

ACTORS = ("alice", "bob", "carol", "admin", "nobody")

# method, path, body, and the status for each actor in the order above
REST: list[tuple[str, str, Any, str]] = [
    ("get", "", None, "200 200 200 200 401"),
    ("get", "$row/", None, "200 404 404 404 401"),
    ("post", "$row/read/", {}, "200 404 404 404 401"),
    ("post", "$row/unread/", {}, "200 404 404 404 401"),
    ("post", "$row/archive/", {}, "200 404 404 404 401"),
    ("post", "mark-all-read/", {}, "200 200 200 200 401"),
    ("post", "mark-all-seen/", {}, "200 200 200 200 401"),
    ("get", "counts/", None, "200 200 200 200 401"),
    ("get", "preferences/", None, "200 200 200 200 401"),
    ("patch", "preferences/", {}, "200 200 200 200 401"),
    ("get", "muted/", None, "200 200 200 200 401"),
    ("post", "muted/", {"target": "ticket:1"}, "201 201 201 201 401"),
    ("delete", "muted/ticket:7/", None, "204 404 404 404 401"),
    ("get", "push/key/", None, "200 200 200 200 401"),
    ("get", "push/worker.js", None, "200 200 200 200 200"),
    ("get", "push/browsers/", None, "200 200 200 200 401"),
    ("post", "push/browsers/", {}, "400 400 400 400 401"),
    ("delete", "push/browsers/$browser/", None, "204 404 404 404 401"),
    ("get", "unsubscribe/$token/", None, "200 200 200 200 200"),
    ("post", "unsubscribe/$token/", {}, "200 200 200 200 200"),
    ("post", "unsubscribe/forged/", {}, "404 404 404 404 404"),
]


@pytest.fixture(scope="module")
def whats_hers(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """What Alice has, by the names that the table uses."""
    with kept_for_the_module(request):
        yield make_whats_hers()


def make_whats_hers() -> dict[str, Any]:
    alice, bob = (make_user(username=name, is_staff=True) for name in ("alice", "bob"))
    carol = make_user(username="carol")
    admin = get_user_model().objects.create_superuser("admin")
    MutedTarget.objects.create(user=alice, target="ticket:7")
    browser = subscribe_browser(
        user=alice,
        endpoint="https://push.example.org/alice",
        p256dh="BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        auth="tBHItJI5svbpez7KI4CCXg",
        user_agent="",
    )[0]
    return {
        "people": {"alice": alice, "bob": bob, "carol": carol, "admin": admin},
        "row": make_notification(alice).pk,
        "browser": browser.pk,
        "token": unsubscribe_url(alice.pk, None).rstrip("/").rsplit("/", 1)[1],
    }


@pytest.fixture
def world(whats_hers: dict[str, Any], db: None) -> dict[str, Any]:
    """What the test may do with as it likes: its transaction is rolled back, and the objects are its own."""
    return deepcopy(whats_hers)


def state(alice: Any) -> tuple[Any, ...]:
    """What of Alice's must not change by what others do."""
    rows = Notification.objects.filter(recipient=alice)
    return (
        list(rows.values_list("pk", "read_at", "seen_at", "archived_at")),
        list(MutedTarget.objects.filter(user=alice).values_list("target", flat=True)),
        list(PushSubscription.objects.filter(user=alice).values_list("pk", flat=True)),
    )


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [pytest.param(*row, id=f"{row[0]} {row[1]} {i}") for i, row in enumerate(REST)],
)
def test_over_rest(
    world: dict[str, Any], actor: str, method: str, path: str, body: Any, expected: str
) -> None:
    client = APIClient()
    if actor != "nobody":
        client.force_authenticate(world["people"][actor])
    before = state(world["people"]["alice"])
    url = "/api/v1/notifications/" + re.sub(r"\$(\w+)", lambda name: str(world[name[1]]), path)
    answer = getattr(client, method)(url) if body is None else getattr(client, method)(url, body)
    assert answer.status_code == int(expected.split()[ACTORS.index(actor)]), answer.content
    if answer.status_code >= 400 and not path.startswith("unsubscribe/"):
        assert {"code", "detail"} <= set(answer.json())
    if actor != "alice":
        assert state(world["people"]["alice"]) == before


def test_one_that_is_not_there_looks_like_somebody_elses(world: dict[str, Any]) -> None:
    client = APIClient()
    client.force_authenticate(world["people"]["bob"])
    theirs, nowhere = (
        client.get(f"/api/v1/notifications/{pk}/").json() for pk in (world["row"], uuid4())
    )
    assert theirs == nowhere


def test_the_table_names_every_path() -> None:
    patterns = {
        re.sub(r"<(?:\w+:)?\w+>", "*", str(p.pattern)).removeprefix("notifications/")
        for p in urls.urlpatterns
    }
    named = {
        re.sub(r"\$\w+|(?<=muted/)ticket:7|(?<=unsubscribe/)forged", "*", row[1]) for row in REST
    }
    assert patterns - named == set()

"""How one wants to be told, over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from notifications.models import ChannelPreference, Delivery, NotificationSettings
from notifications.services import notify, stop_emails

pytestmark = pytest.mark.django_db

PREFERENCES = "/api/v1/notifications/preferences/"
MUTED = "/api/v1/notifications/muted/"


def channels(answer: Any, kind: str = "test.replied") -> dict[str, bool]:
    found: dict[str, bool] = next(
        row["channels"] for row in answer.json()["kinds"] if row["kind"] == kind
    )
    return found


def test_the_whole_matrix_is_shown_with_its_defaults(as_alice: APIClient) -> None:
    answer = as_alice.get(PREFERENCES)
    assert channels(answer) == {"in_app": True, "email": True, "push": True}
    row = next(row for row in answer.json()["kinds"] if row["kind"] == "test.replied")
    assert row["label"] == "A reply"
    assert answer.json()["settings"] == {
        "timezone": "",
        "language": "",
        "quiet_from": None,
        "quiet_until": None,
        "digest": "off",
        "digest_at": "08:00",
        "digest_weekday": 0,
        "emails_stopped": False,
    }


def test_one_cell_is_changed_and_the_rest_stays(as_alice: APIClient) -> None:
    for email in (False, True, False):
        answer = as_alice.patch(
            PREFERENCES,
            {"kinds": [{"kind": "test.replied", "channels": {"email": email}}]},
            format="json",
        )
        assert channels(answer) == {"in_app": True, "email": email, "push": True}
    assert channels(as_alice.get(PREFERENCES), "test.mentioned")["email"] is True


def test_what_the_link_of_a_digest_stops_can_be_undone(as_alice: APIClient, alice: Any) -> None:
    stop_emails(user_id=str(alice.pk), kind=None)
    assert as_alice.get(PREFERENCES).json()["settings"]["emails_stopped"] is True
    change = {"settings": {"emails_stopped": False, "digest_at": "07:30", "digest_weekday": 4}}
    shown = as_alice.patch(PREFERENCES, change, format="json").json()["settings"]
    assert {name: shown[name] for name in change["settings"]} == change["settings"]
    notify(kind="test.replied", recipients=[alice], title="T", message="M")
    assert Delivery.objects.filter(user=alice, channel="email").exists()


def test_settings_are_changed_one_by_one(as_alice: APIClient, alice: Any) -> None:
    for change in (
        {"timezone": "Europe/Berlin"},
        {"quiet_from": "21:00", "quiet_until": "07:00"},
        {"quiet_from": "22:00"},
        {"digest": "weekly", "digest_weekday": 4},
        {"emails_stopped": True},
    ):
        answer = as_alice.patch(PREFERENCES, {"settings": change}, format="json")
        assert answer.status_code == 200, answer.json()
    shown = as_alice.get(PREFERENCES).json()["settings"]
    assert shown["timezone"] == "Europe/Berlin"
    assert shown["quiet_from"] == "22:00"
    assert (shown["digest"], shown["digest_weekday"]) == ("weekly", 4)
    assert shown["emails_stopped"] is True
    as_alice.patch(PREFERENCES, {"settings": {"emails_stopped": False}}, format="json")
    assert NotificationSettings.objects.get(user=alice).emails_stopped_at is None


@pytest.mark.parametrize(
    "body",
    [
        {"kinds": [{"kind": "test.unheard", "channels": {"email": False}}]},
        {"kinds": [{"kind": "test.replied", "channels": {"email": "perhaps"}}]},
        {"kinds": [{"kind": "test.replied", "channels": None}]},
        {"kinds": {"test.replied": {"email": False}}},
        {"kinds": [7]},
        {"kinds": [{"channels": {"email": False}}]},
        {"kinds": [{"kind": "test.replied"}]},
        {"settings": {"timezone": "Mars/Olympus"}},
        {"settings": {"timezone": "../../etc/passwd"}},
        {"settings": {"quiet_from": "22:00"}},
        {"settings": {"quiet_from": "25:00", "quiet_until": "07:00"}},
        {"settings": {"digest": "hourly"}},
        {"settings": {"digest_weekday": 7}},
        {"settings": {"digest_weekday": -1}},
        {"settings": {"language": "tlh"}},
        {"settings": None},
        {"settings": []},
        [],
        "text",
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    as_alice: APIClient, body: Any
) -> None:
    answer = as_alice.patch(PREFERENCES, body, format="json")
    assert answer.status_code == 400, answer.content
    assert not ChannelPreference.objects.exists()
    assert not NotificationSettings.objects.exists()


def test_a_ticket_is_muted_and_heard_of_again(as_alice: APIClient, alice: Any, bob: Any) -> None:
    def heard() -> bool:
        rows = notify(
            kind="test.replied", recipients=[alice], title="T", message="M", target="ticket:1"
        )
        return bool(rows)

    assert as_alice.post(MUTED, {"target": "ticket:1"}, format="json").status_code == 201
    assert [row["target"] for row in as_alice.get(MUTED).json()["results"]] == ["ticket:1"]
    assert not heard()

    as_alice.post(MUTED, {"target": "ticket:1", "until": "2020-01-01T00:00:00Z"}, format="json")
    assert heard()

    as_bob = APIClient()
    as_bob.force_authenticate(bob)
    assert as_bob.delete(f"{MUTED}ticket:1/").status_code == 404
    assert as_alice.delete(f"{MUTED}ticket:1/").status_code == 204
    assert as_alice.delete(f"{MUTED}ticket:1/").status_code == 404


@pytest.mark.parametrize("body", [{}, {"target": ""}, {"target": "x" * 201}, {"target": "\x00"}])
def test_a_target_that_is_none_is_refused(as_alice: APIClient, body: Any) -> None:
    assert as_alice.post(MUTED, body, format="json").status_code == 400


def test_the_matrix_costs_the_same_however_much_was_changed(
    as_alice: APIClient, alice: Any
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_alice.get(PREFERENCES)
        return len(queries)

    before = cost()
    ChannelPreference.objects.bulk_create(
        ChannelPreference(user=alice, kind=f"kind{n}", channel="email", enabled=False)
        for n in range(200)
    )
    assert cost() == before == 2


@pytest.mark.parametrize("path", [PREFERENCES, MUTED, "/api/v1/notifications/push/browsers/"])
def test_nobody_else_gets_in(path: str) -> None:
    assert APIClient().get(path).status_code in (401, 403)


def test_nobody_is_asked_about_what_they_never_get(as_alice: APIClient, carol: Any) -> None:
    as_carol = APIClient()
    as_carol.force_authenticate(carol)
    offered = {row["kind"] for row in as_carol.get(PREFERENCES).json()["kinds"]}
    assert {"ticket.replied", "ticket.resolved"} <= offered
    assert offered.isdisjoint({"sla.breached", "ticket.assigned", "ticket.noted"})
    assert {row["kind"] for row in as_alice.get(PREFERENCES).json()["kinds"]} > offered

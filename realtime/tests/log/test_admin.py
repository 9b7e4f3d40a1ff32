"""The event log in the admin: found, filtered, searched, read, and never written."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import realtime
from realtime.models import StoredEvent
from realtime.tests.log.conftest import Write

pytestmark = pytest.mark.django_db

LOG = "/admin/realtime/storedevent/"


@pytest.fixture
def looking(db: None) -> Client:
    """The browser of one who may look at events, and nothing else."""
    user = get_user_model().objects.create_user("olga", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_storedevent"))
    client = Client()
    client.force_login(user)
    return client


def listed(client: Client, **query: Any) -> list[tuple[str, str]]:
    """Topic and type of the events that a page lists."""
    page = client.get(LOG, query)
    assert page.status_code == 200
    return [(event.topic, event.type) for event in page.context["cl"].result_list]


@pytest.fixture
def some() -> None:
    with realtime.acting_as(get_user_model().objects.create_user("sam")):
        realtime.record("till:one", "sale.made", {"note": "<script>alert(1)</script> Käse"})
    realtime.record("till:two", "sale.made", {})
    realtime.record("till:two", "till.closed", {"total": 7})


@pytest.mark.django_db(transaction=True)
def test_events_are_listed_newest_first_with_their_numbers(looking: Client, some: None) -> None:
    page = looking.get(LOG)
    found = [(event.topic, event.seq) for event in page.context["cl"].result_list]
    assert found == [("till:two", 2), ("till:two", 1), ("till:one", 1)]
    text = page.content.decode()
    assert all(shown in text for shown in ("till:two", "till.closed", "sam"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"type__exact": "till.closed"}, [("till:two", "till.closed")]),
        ({"type": "till.closed"}, [("till:two", "till.closed")]),
        ({"q": "one"}, [("till:one", "sale.made")]),
        ({"q": "till.closed"}, [("till:two", "till.closed")]),
        ({"q": "sam"}, [("till:one", "sale.made")]),
        ({"q": "sa"}, []),
        ({"created_at__year": "2001"}, []),
    ],
)
def test_events_are_filtered_and_searched(
    looking: Client, some: None, query: dict[str, str], found: list[tuple[str, str]]
) -> None:
    assert listed(looking, **query) == found


def test_an_event_shows_all_of_its_data_and_none_of_it_as_html(looking: Client, some: None) -> None:
    event = StoredEvent.objects.get(topic="till:one")
    text = looking.get(f"{LOG}{event.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Käse" in text
    assert "<script>alert(1)" not in text
    assert all(shown in text for shown in ("till:one", "sale.made", "sam", str(event.uid)))


def test_nobody_writes_the_log_not_even_a_superuser(client: Client, some: None) -> None:
    client.force_login(get_user_model().objects.create_superuser("root"))
    before = list(StoredEvent.objects.values())
    one = f"{LOG}{StoredEvent.objects.earliest('position').pk}/"
    for path in (f"{LOG}add/", f"{one}change/", f"{one}delete/"):
        assert client.post(path, {"topic": "x", "post": "yes"}).status_code == 403
    chosen = {
        "action": "delete_selected",
        "_selected_action": [str(row["position"]) for row in before],
    }
    client.post(LOG, {**chosen, "post": "yes"})
    assert list(StoredEvent.objects.values()) == before


def test_the_log_is_for_those_who_were_given_it(client: Client, some: None) -> None:
    client.force_login(get_user_model().objects.create_user("nosy", is_staff=True))
    event = StoredEvent.objects.earliest("position")
    for path in (LOG, f"{LOG}{event.pk}/change/"):
        assert client.get(path).status_code == 403


def test_the_list_costs_as_many_queries_for_200_events_as_for_10(
    looking: Client, write: Write
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            listed(looking, all="")
        return len(captured)

    write("till", 10)
    cost()
    few = cost()
    write("till", 190)
    assert cost() == few

"""The list of notifications over REST."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.selectors import counts_of
from notifications.tests.factories import make_notification

pytestmark = pytest.mark.django_db

LIST = "/api/v1/notifications/"


@pytest.mark.django_db(transaction=True)
def test_the_list_is_a_snapshot_of_ones_own(as_alice: APIClient, alice: Any, bob: Any) -> None:
    first, second = make_notification(alice), make_notification(alice)
    make_notification(bob)

    page = as_alice.get(LIST).json()

    assert [row["id"] for row in page["results"]] == [str(second.pk), str(first.pk)]
    assert [row["seq"] for row in page["results"]] == [2, 1]
    assert page["seq"] == 2
    assert isinstance(page["epoch"], str)
    assert page["counts"] == {"unread": 2, "unseen": 2}
    assert page["next"] is None


def test_only_the_unread_are_listed_when_asked(as_alice: APIClient, alice: Any) -> None:
    read, unread = make_notification(alice), make_notification(alice)
    as_alice.post(f"{LIST}{read.pk}/read/")

    def ids(query: str) -> list[str]:
        return [row["id"] for row in as_alice.get(LIST + query).json()["results"]]

    assert ids("?unread=true") == [str(unread.pk)]
    assert ids("?unread=false") == [str(read.pk)]
    assert len(ids("")) == 2


def test_pages_follow_each_other_by_cursor(as_alice: APIClient, alice: Any) -> None:
    made = [make_notification(alice) for _ in range(5)]
    page = as_alice.get(LIST + "?page_size=2").json()
    make_notification(alice)  # comes in between and moves nothing
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        page = as_alice.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert seen == [str(row.pk) for row in reversed(made)]


def test_reading_one_tells_the_counters_and_may_be_repeated(
    as_alice: APIClient, alice: Any
) -> None:
    row = make_notification(alice)
    make_notification(alice)
    for _ in range(2):
        answer = as_alice.post(f"{LIST}{row.pk}/read/")
        assert (answer.status_code, answer.json()) == (200, {"unread": 1, "unseen": 1})


def test_reading_all_and_seeing_all(as_alice: APIClient, alice: Any, bob: Any) -> None:
    make_notification(alice)
    make_notification(alice)
    make_notification(bob)
    assert as_alice.post(f"{LIST}mark-all-seen/").json() == {"unread": 2, "unseen": 0}
    assert as_alice.post(f"{LIST}mark-all-read/").json() == {"unread": 0, "unseen": 0}
    assert as_alice.get(f"{LIST}counts/").json() == {"unread": 0, "unseen": 0}
    assert counts_of(bob.pk) == {"unread": 1, "unseen": 1}


def test_what_was_told_about_one_thing_is_read_together(as_alice: APIClient, alice: Any) -> None:
    make_notification(alice, target="ticket:1")
    make_notification(alice, target="ticket:2")
    answer = as_alice.post(f"{LIST}mark-all-read/?target=ticket:1")
    assert answer.json() == {"unread": 1, "unseen": 1}


def test_an_archived_one_leaves_list_and_counters(as_alice: APIClient, alice: Any) -> None:
    row = make_notification(alice)
    assert as_alice.post(f"{LIST}{row.pk}/archive/").json() == {"unread": 0, "unseen": 0}
    assert as_alice.get(LIST).json()["results"] == []
    assert as_alice.get(f"{LIST}{row.pk}/").status_code == 404


def test_a_read_one_can_be_made_unread_again(as_alice: APIClient, alice: Any) -> None:
    row = make_notification(alice)
    as_alice.post(f"{LIST}{row.pk}/read/")
    assert as_alice.post(f"{LIST}{row.pk}/unread/").json() == {"unread": 1, "unseen": 0}


def test_one_of_a_group_stays_read_where_a_newer_one_is_unread(
    as_alice: APIClient, alice: Any
) -> None:
    older = make_notification(alice, group_key="g", read_at=timezone.now())
    make_notification(alice, group_key="g")
    assert as_alice.post(f"{LIST}{older.pk}/unread/").json() == {"unread": 1, "unseen": 1}


@pytest.mark.parametrize("path", ["", "read/", "unread/", "archive/"])
def test_another_users_notification_looks_like_none(
    as_alice: APIClient, bob: Any, path: str
) -> None:
    row = make_notification(bob)
    for pk in (row.pk, uuid4(), "7", "not-a-uuid"):
        call = as_alice.post if path else as_alice.get
        assert call(f"{LIST}{pk}/{path}").status_code == 404
    row.refresh_from_db()
    assert row.read_at is None
    assert row.archived_at is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "counts/"),
        ("post", "mark-all-read/"),
        ("post", "mark-all-seen/"),
    ],
)
def test_nobody_else_gets_in(method: str, path: str, db: None) -> None:
    assert getattr(APIClient(), method)(LIST + path).status_code in (401, 403)


def test_the_list_costs_the_same_for_10_rows_and_for_200(
    as_alice: APIClient, alice: Any, bob: Any
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert as_alice.get(LIST + "?page_size=200").status_code == 200
        return len(queries)

    for _ in range(10):
        make_notification(alice, actor=bob)
    cost()  # the first of all makes the log's epoch
    for_ten = cost()
    for _ in range(190):
        make_notification(alice, actor=bob)
    assert cost() == for_ten
    assert for_ten <= 6


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=nonsense",
        "?cursor=%00",
        "?cursor=cD1ub25zZW5zZQ==",  # a position that is no time
        "?unread=perhaps",
        "?page_size=-1",
        "?page_size=0",
        "?page_size=x",
        "?page_size=\u0663",
        "?event=%00",
    ],
)
def test_a_bad_query_is_refused_with_a_code(as_alice: APIClient, alice: Any, query: str) -> None:
    make_notification(alice)
    answer = as_alice.get(LIST + query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")


def test_a_page_is_never_larger_than_allowed(as_alice: APIClient, alice: Any) -> None:
    make_notification(alice)
    answer = as_alice.get(LIST + "?page_size=99999999999999999999")
    assert (answer.status_code, len(answer.json()["results"])) == (200, 1)

"""Further fields that a queue gives its tickets."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from realtime.errors import InvalidField
from tickets import services
from tickets.custom_fields import validate_definitions
from tickets.models import Message, NumberAllocation, Queue, Ticket
from tickets.tests.conftest import events_of
from tickets.tests.factories import make_queue

pytestmark = pytest.mark.django_db

GOOD = {"order": "A-1", "plan": "pro", "seats": 2.5, "gift": False, "bought": "2026-01-31"}
WRONG: list[dict[str, Any]] = [
    {},
    {"order": "  "},
    {"order": None},
    {"order": 5},
    {"order": "a\x00b"},
    {"order": "x" * 2001},
    {"order": "A", "plan": "max"},
    {"order": "A", "plan": ["pro"]},
    {"order": "A", "seats": "2"},
    {"order": "A", "seats": True},
    {"order": "A", "seats": 1e15},
    {"order": "A", "gift": 1},
    {"order": "A", "bought": "yesterday"},
    {"order": "A", "other": "x"},
]


@pytest.fixture
def shop(alice: Any) -> Queue:
    """A queue with a field of each type, of which the order is required."""
    return make_queue(
        "shop",
        members=[alice],
        custom_fields=[
            {"key": "order", "label": "Order", "required": True},
            {"key": "plan", "label": "Plan", "type": "choice", "choices": ["free", "pro"]},
            {"key": "seats", "label": "Seats", "type": "number"},
            {"key": "gift", "label": "Is it a gift?", "type": "yes_no"},
            {"key": "bought", "label": "Bought on", "type": "date"},
        ],
    )


@pytest.fixture
def sale(shop: Queue, carol: Any) -> Ticket:
    """Carol's, in the shop, filed with all fields."""
    return filed(carol, custom_fields=GOOD)


def filed(actor: Any, **given: Any) -> Ticket:
    ticket, _ = services.create_ticket(
        actor=actor, subject="Help", content="Please", queue="shop", **given
    )
    return ticket


def body(**given: Any) -> dict[str, Any]:
    return {"subject": "Help", "content": "Please", "queue": "shop", **given}


# --- definitions ---


def test_definitions_are_checked() -> None:
    validate_definitions([{"key": "a", "label": "A"}, {"key": "b", "label": "B", "type": "date"}])
    for wrong in (
        {"key": "a"},
        ["a"],
        [{"key": "a"}],
        [{"key": "a", "label": "A", "type": "colour"}],
        [{"key": "a", "label": "A", "size": 3}],
        [{"key": "a", "label": "A"}, {"key": "a", "label": "B"}],
        [{"key": "", "label": "A"}],
        [{"key": "a", "label": " "}],
        [{"key": "a\x00", "label": "A"}],
        [{"key": "a", "label": "A\ud800"}],
        [{"key": "a", "label": "A", "type": "choice"}],
        [{"key": "a", "label": "A", "type": "choice", "choices": [" "]}],
        {},
        "",
        5,
    ):
        with pytest.raises(ValidationError):
            validate_definitions(wrong)


def test_a_queue_whose_definitions_are_an_empty_object_has_no_fields(
    support: Queue, as_carol: Any
) -> None:
    Queue.objects.update(custom_fields={})
    [row] = as_carol.get("/api/v1/queues/").json()["results"]
    assert row["custom_fields"] == []


def test_who_files_a_ticket_sees_which_fields_a_queue_has(
    shop: Queue, support: Queue, as_carol: Any
) -> None:
    shown = {row["slug"]: row for row in as_carol.get("/api/v1/queues/").json()["results"]}
    assert shown["support"]["custom_fields"] == []
    assert [list(field.items()) for field in shown["shop"]["custom_fields"][:2]] == [
        [
            ("key", "order"),
            ("label", "Order"),
            ("type", "text"),
            ("choices", []),
            ("required", True),
        ],
        [
            ("key", "plan"),
            ("label", "Plan"),
            ("type", "choice"),
            ("choices", ["free", "pro"]),
            ("required", False),
        ],
    ]
    assert as_carol.get("/api/v1/queues/shop/").json() == shown["shop"]


# --- filing ---


def test_a_ticket_is_filed_with_the_fields_of_its_queue(sale: Ticket) -> None:
    assert Ticket.objects.get(pk=sale.pk).custom_fields == GOOD
    [told] = [e for e in events_of("queue:shop") if e["type"] == "ticket.created"]
    assert told["data"]["custom_fields"] == GOOD
    assert sale.audit.get(action="ticket.created").after["custom_fields"] == GOOD


def test_none_takes_a_field_away_and_what_is_none_isnt_stored(shop: Queue, carol: Any) -> None:
    ticket = filed(carol, custom_fields={"order": "A-1", "plan": None})
    assert ticket.custom_fields == {"order": "A-1"}


def test_a_client_that_knows_of_no_fields_files_as_before(shop: Queue, carol: Any) -> None:
    ticket = filed(carol)
    assert ticket.custom_fields == {}
    assert "custom_fields" not in ticket.audit.get(action="ticket.created").after


@pytest.mark.parametrize("wrong", [*WRONG, {"order": "\ud800"}, ["order"], "order"])
def test_wrong_fields_are_refused_and_nothing_is_done(shop: Queue, carol: Any, wrong: Any) -> None:
    with pytest.raises(InvalidField) as refused:
        filed(carol, custom_fields=wrong)
    assert refused.value.details["field"] == "custom_fields"
    assert not Ticket.objects.exists()


def test_a_retry_gets_the_first_ticket_whatever_its_fields(shop: Queue, carol: Any) -> None:
    first = filed(carol, custom_fields=GOOD, client_id="c1")
    assert filed(carol, custom_fields={"order": 5}, client_id="c1") == first


def test_filing_with_fields_over_rest(
    shop: Queue, as_carol: Any, as_alice: Any, carol: Any
) -> None:
    answer = as_carol.post("/api/v1/tickets/", body(custom_fields=GOOD))
    assert answer.status_code == 201
    assert "custom_fields" not in answer.json()
    path = f"/api/v1/tickets/{answer.json()['id']}/"
    assert as_alice.get(path).json()["custom_fields"] == GOOD
    assert as_carol.post("/api/v1/tickets/", body()).status_code == 201
    form = as_carol.post("/api/v1/tickets/", body(), format="multipart")
    assert form.status_code == 201


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_fields_over_rest_are_a_400_and_nothing_is_done(
    shop: Queue, as_carol: Any, wrong: dict[str, Any]
) -> None:
    answer = as_carol.post("/api/v1/tickets/", body(custom_fields=wrong))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")
    assert answer.json()["field"] == "custom_fields"
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()
    assert not NumberAllocation.objects.exists()


@pytest.mark.parametrize("wrong", [["order"], "order", 5, None])
def test_fields_that_are_no_object_are_a_400(shop: Queue, as_carol: Any, wrong: Any) -> None:
    answer = as_carol.post("/api/v1/tickets/", body(custom_fields=wrong))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")
    assert list(answer.json()["fields"]) == ["custom_fields"]


# --- changing ---


def test_an_agent_changes_all_fields_at_once(sale: Ticket, alice: Any) -> None:
    changes = {"custom_fields": {"order": "A-2"}}
    changed = services.change_ticket(ticket=sale, actor=alice, changes=changes)
    assert changed.custom_fields == {"order": "A-2"}
    entry = sale.audit.get(action="ticket.changed")
    assert (entry.before, entry.after) == ({"custom_fields": GOOD}, changes)
    assert events_of(sale.notes_room)[-1]["data"]["custom_fields"] == {"order": "A-2"}


@pytest.mark.parametrize("wrong", [*WRONG, ["order"]])
def test_wrong_fields_change_nothing(sale: Ticket, alice: Any, wrong: Any) -> None:
    with pytest.raises(InvalidField):
        changes = {"custom_fields": wrong, "subject": "Other"}
        services.change_ticket(ticket=sale, actor=alice, changes=changes)
    sale.refresh_from_db()
    assert (sale.custom_fields, sale.subject, sale.version) == (GOOD, "Help", 1)


def test_what_another_queue_knows_of_a_ticket_is_kept_for_its_return(
    sale: Ticket, alice: Any
) -> None:
    make_queue("repairs", members=[alice], custom_fields=[{"key": "serial", "label": "Serial"}])
    services.change_ticket(ticket=sale, actor=alice, changes={"queue": "repairs"})
    changes = {"custom_fields": {"serial": "X9"}}
    moved = services.change_ticket(ticket=sale, actor=alice, changes=changes)
    assert moved.custom_fields == {**GOOD, "serial": "X9"}
    back = {"queue": "shop", "custom_fields": {"order": "A-3"}}
    returned = services.change_ticket(ticket=sale, actor=alice, changes=back)
    assert returned.custom_fields == {"order": "A-3", "serial": "X9"}

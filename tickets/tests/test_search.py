"""The search: its language, what it finds, and for whom."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from realtime.errors import InvalidField, MissingField
from tickets import services
from tickets.models import Ticket
from tickets.search import excerpt, parse
from tickets.search.index import rebuild
from tickets.tests.factories import make_message, make_queue, make_ticket

pytestmark = pytest.mark.django_db


def found(client: Any, text: str) -> list[str]:
    """The subjects of what is found."""
    response = client.get(f"/api/v1/search/?q={quote(text)}")
    assert response.status_code == 200, response.json()
    return [row["ticket"]["subject"] for row in response.json()["results"]]


@pytest.fixture
def three_tickets(carol: Any, dave: Any, support: Any) -> None:
    make_ticket(
        carol, subject="Printer on fire", content="It smells of burnt toast", priority="high"
    )
    make_ticket(dave, subject="Café closed", content="Fire drill? The printer stopped.")
    make_ticket(carol, subject="Invoice 77", content="Please send it again", status="open")


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("printer", ["Café closed", "Printer on fire"]),
        ("PRINT", ["Café closed", "Printer on fire"]),
        ("burnt toast", ["Printer on fire"]),
        ('"burnt toast"', ["Printer on fire"]),
        ('"toast burnt"', []),
        ("printer -drill", ["Printer on fire"]),
        ("status:open", ["Invoice 77"]),
        ("status:solved", []),
        ("-status:Solved", ["Invoice 77", "Café closed", "Printer on fire"]),
        ("status:new -drill", ["Printer on fire"]),
        ("status:new -drill -toast", []),
        ('is:active -"burnt toast"', ["Invoice 77", "Café closed"]),
        ("-status:open", ["Café closed", "Printer on fire"]),
        ("priority:high printer", ["Printer on fire"]),
        ("requester:dave", ["Café closed"]),
        ("assignee:none fire", ["Café closed", "Printer on fire"]),
        ("assignee:me", []),
        ("queue:support invoice", ["Invoice 77"]),
        ("before:2020-01-01", []),
        ("after:2020-01-01 invoice", ["Invoice 77"]),
        ("is:unassigned is:active invoice", ["Invoice 77"]),
        ("is:overdue", []),
        ("toa'st", []),
        ("café", ["Café closed"]),
        ("7' OR 1=1 --", []),
        ("NOT AND OR NEAR(", []),
        ("text:burnt", []),
    ],
)
def test_the_language(three_tickets: None, as_alice: Any, query: str, subjects: list[str]) -> None:
    assert found(as_alice, query) == subjects


def test_a_number_finds_its_ticket(ticket: Any, as_alice: Any) -> None:
    assert found(as_alice, f"#{ticket.number}") == [ticket.subject]


def test_a_number_without_a_mark_finds_its_ticket_and_where_it_is_said(
    ticket: Any, carol: Any, support: Any, as_alice: Any, as_dave: Any
) -> None:
    make_ticket(carol, queue=support, subject=f"Again, as in {ticket.number}")
    both = [f"Again, as in {ticket.number}", ticket.subject]
    assert found(as_alice, str(ticket.number)) == both
    assert found(as_alice, f"is:active {ticket.number}") == both
    assert found(as_alice, f"again {ticket.number}") == both[:1]
    assert found(as_alice, f"is:active -{ticket.number}") == both[1:]
    assert found(as_alice, "9" * 30) == []
    assert found(as_dave, str(ticket.number)) == []


def test_a_word_that_mustnt_be_there_tells_customers_nothing_of_notes(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any
) -> None:
    make_message(ticket, alice, kind="note", content="A swindle")
    assert found(as_alice, "is:active -swindle") == []
    assert found(as_carol, "is:active -swindle") == [ticket.subject]


def test_queues_are_named_in_either_case(carol: Any, alice: Any, as_alice: Any) -> None:
    make_ticket(carol, queue=make_queue("Premium", members=[alice]), subject="Champagne")
    make_ticket(carol, queue=make_queue("basic", members=[alice]), subject="Water")
    for slug in ("Premium", "premium"):
        assert found(as_alice, f"queue:{slug}") == ["Champagne"]


def test_tags_are_searched_by_agents_only(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any
) -> None:
    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["vip"]})
    assert found(as_alice, "tag:vip") == [ticket.subject]
    assert found(as_carol, "tag:vip") == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", MissingField),
        ("  ", MissingField),
        ("!?", MissingField),
        ("-printer", InvalidField),
        ("status:lost", InvalidField),
        ("before:soon", InvalidField),
        ("before:0001-01-01T00:00+23:00", InvalidField),
        ("number:x", InvalidField),
        ("#" + "9" * 30, InvalidField),
        ("x" * 501, InvalidField),
        ("a " * 21, InvalidField),
        ("a\x00b", InvalidField),
    ],
)
def test_what_isnt_understood_is_said(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(text)


def test_only_what_one_may_see_is_found(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any, as_dave: Any, as_bob: Any, billing: Any
) -> None:
    make_message(ticket, alice, kind="note", content="The customer is a wizard")
    make_message(ticket, alice, content="Use the fountain")
    assert found(as_alice, "wizard") == [ticket.subject]
    assert found(as_carol, "wizard") == []
    assert found(as_carol, "fountain") == [ticket.subject]
    for stranger in (as_dave, as_bob):
        assert found(stranger, "fountain") == []


def test_an_excerpt_of_a_note_is_for_agents(ticket: Any, alice: Any, as_carol: Any) -> None:
    make_message(ticket, alice, kind="note", content="fountain for the wizard")
    make_message(ticket, alice, content="Use the fountain")
    row = as_carol.get("/api/v1/search/?q=fountain").json()["results"][0]
    assert [message["excerpt"] for message in row["messages"]] == ["Use the <mark>fountain</mark>"]


def test_edits_and_deletions_are_followed(ticket: Any, carol: Any, as_carol: Any) -> None:
    message = make_message(ticket, carol, content="unicorn")
    assert found(as_carol, "unicorn")
    services.edit_message(message=message, actor=carol, content="dragon")
    assert not found(as_carol, "unicorn")
    assert found(as_carol, "dragon")
    services.delete_message(message=message, actor=carol)
    assert not found(as_carol, "dragon")
    Ticket.objects.filter(pk=ticket.pk).update(subject="Renamed to griffin")
    assert found(as_carol, "griffin")
    assert not found(as_carol, "printer")


def test_the_index_can_be_written_anew(ticket: Any, as_carol: Any) -> None:
    rebuild()
    assert found(as_carol, "printer") == [ticket.subject]


def test_excerpts_are_safe_and_near_the_find() -> None:
    shown = excerpt("<script>x</script> " + "word " * 100 + "needle <b>", ["needle"])
    assert "<mark>needle</mark> &lt;b&gt;" in shown
    assert "<script>" not in shown
    assert len(shown) < 300


def test_a_search_goes_on_by_cursor(carol: Any, support: Any, as_carol: Any) -> None:
    for i in range(5):
        make_ticket(carol, subject=f"Same {i}")
    page = as_carol.get("/api/v1/search/?q=same&page_size=2").json()
    subjects = [row["ticket"]["subject"] for row in page["results"]]
    while page["next"]:
        page = as_carol.get(page["next"]).json()
        subjects += [row["ticket"]["subject"] for row in page["results"]]
    assert subjects == [f"Same {i}" for i in (4, 3, 2, 1, 0)]


def test_lists_of_tickets_take_the_same_language(three_tickets: None, as_alice: Any) -> None:
    rows = as_alice.get("/api/v1/tickets/?q=printer%20priority%3Ahigh").json()["results"]
    assert [row["subject"] for row in rows] == ["Printer on fire"]


def test_an_excerpt_shows_words_and_no_markup() -> None:
    text = "## Refund\n\n| date | amount |\n|---|---|\n| Oct 1 | 49 |\n\nPlease **refund** `it`, a_b * 2"
    assert excerpt(text, ["refund"]) == (
        "<mark>Refund</mark> date amount Oct 1 49 Please <mark>refund</mark> it, a_b * 2"
    )


@pytest.mark.parametrize(
    ("q", "code", "text"),
    [
        ("", "missing_field", "q is required."),
        (" ", "missing_field", "q is required."),
        ("*", "missing_field", "q has no word to search for."),
        ("-", "missing_field", "q has no word to search for."),
        ("a\x00b", "invalid_field", "q has a NUL character."),
        ("x" * 501, "invalid_field", "q may have 500 characters."),
    ],
)
def test_a_search_that_is_refused_says_why(as_carol: Any, q: str, code: str, text: str) -> None:
    answer = as_carol.get("/api/v1/search/", {"q": q})
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["detail"]) == (code, text)

"""Who may do what: each actor, each operation of REST and of the sockets, and what comes of it.

The columns are Carol, the requester; Dave, another customer; Alice, an agent of the queue; Bob, an agent of another one; an
admin; and nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from realtime.errors import RealtimeError
from realtime.registry import registry
from realtime.tests.sharing import kept_for_the_module
from tickets import urls
from tickets.models import Attachment, CannedReply, Message, SavedFilter, Ticket
from tickets.services import attach_file, react
from tickets.tests.conftest import client_of
from tickets.tests.factories import (
    make_message,
    make_participant,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db

ACTORS = ("carol", "dave", "alice", "bob", "admin", "nobody")

# method, path, body, and the status for each actor in the order above
REST: list[tuple[str, str, Any, str]] = [
    ("get", "tickets/", None, "200 200 200 200 200 401"),
    ("post", "tickets/", {"subject": "S", "content": "C"}, "201 201 201 201 201 401"),
    (
        "post",
        "tickets/",
        {"subject": "S", "content": "C", "requester": "$carol"},
        "201 403 201 403 201 401",
    ),
    (
        "post",
        "tickets/bulk/",
        {"tickets": ["$ticket"], "action": "assign", "assignee": None},
        "200 200 200 200 200 401",
    ),
    ("get", "tickets/$ticket/", None, "200 404 200 404 200 401"),
    ("patch", "tickets/$ticket/", {"priority": "high"}, "403 404 200 404 200 401"),
    ("post", "tickets/$ticket/assign/", {"assignee": "$alice"}, "403 404 200 404 200 401"),
    ("post", "tickets/$ticket/claim/", {}, "403 404 200 404 200 401"),
    ("post", "tickets/$ticket/transition/", {"status": "resolved"}, "200 404 200 404 200 401"),
    ("post", "tickets/$ticket/transition/", {"status": "pending"}, "409 404 200 404 200 401"),
    ("post", "tickets/$ticket/read/", {"seq": 1}, "200 404 200 404 200 401"),
    ("post", "tickets/$ticket/read/", {"notes_seq": 1}, "403 404 200 404 200 401"),
    ("post", "tickets/$ticket/snooze/", {"until": "$tomorrow"}, "403 404 200 404 200 401"),
    ("post", "tickets/$ticket/merge/", {"into": "$other"}, "403 404 200 404 200 401"),
    (
        "post",
        "tickets/$ticket/split/",
        {"subject": "S", "messages": ["$reply"]},
        "403 404 201 404 201 401",
    ),
    ("get", "tickets/$ticket/messages/", None, "200 404 200 404 200 401"),
    ("post", "tickets/$ticket/messages/", {"content": "C"}, "201 404 201 404 201 401"),
    (
        "post",
        "tickets/$ticket/messages/",
        {"content": "C", "kind": "note"},
        "403 404 201 404 201 401",
    ),
    ("get", "tickets/$ticket/messages/$reply/", None, "200 404 200 404 200 401"),
    ("get", "tickets/$ticket/messages/$note/", None, "404 404 200 404 200 401"),
    ("patch", "tickets/$ticket/messages/$reply/", {"content": "E"}, "200 404 403 404 403 401"),
    ("patch", "tickets/$ticket/messages/$note/", {"content": "E"}, "404 404 200 404 403 401"),
    ("delete", "tickets/$ticket/messages/$reply/", None, "204 404 403 404 204 401"),
    ("delete", "tickets/$ticket/messages/$note/", None, "404 404 204 404 204 401"),
    (
        "post",
        "tickets/$ticket/messages/$reply/reactions/",
        {"emoji": "👍"},
        "201 404 201 404 201 401",
    ),
    (
        "post",
        "tickets/$ticket/messages/$note/reactions/",
        {"emoji": "👍"},
        "404 404 201 404 201 401",
    ),
    ("delete", "tickets/$ticket/messages/$reply/reactions/👍/", None, "204 404 204 404 204 401"),
    ("delete", "tickets/$ticket/messages/$note/reactions/👍/", None, "404 404 204 404 204 401"),
    ("get", "tickets/$ticket/participants/", None, "200 404 200 404 200 401"),
    ("post", "tickets/$ticket/participants/", {"user": "$dave"}, "403 404 201 404 201 401"),
    ("delete", "tickets/$ticket/participants/$erin/", None, "403 404 204 404 204 401"),
    ("get", "tickets/$ticket/events/", None, "403 404 200 404 200 401"),
    ("get", "tickets/$ticket/attachments/", None, "200 404 200 404 200 401"),
    ("upload", "tickets/$ticket/attachments/", {}, "201 404 201 404 201 401"),
    ("upload", "tickets/$ticket/attachments/", {"internal": True}, "403 404 201 404 201 401"),
    ("get", "tickets/$ticket/attachments/$file/", None, "200 404 200 404 200 401"),
    ("get", "tickets/$ticket/attachments/$secret/", None, "404 404 200 404 200 401"),
    ("delete", "tickets/$ticket/attachments/$file/", None, "204 404 403 404 204 401"),
    ("get", "tickets/$ticket/attachments/$file/link/", None, "200 404 200 404 200 401"),
    ("get", "tickets/$ticket/attachments/$secret/link/", None, "404 404 200 404 200 401"),
    ("get", "tickets/$ticket/attachments/$file/thumbnail/", None, "404 404 404 404 404 401"),
    ("get", "tickets/$ticket/rating/", None, "404 404 404 404 404 401"),
    ("put", "tickets/$solved/rating/", {"score": 5}, "200 404 403 404 403 401"),
    ("get", "search/?q=printer", None, "200 200 200 200 200 401"),
    ("get", "agents/", None, "403 403 200 200 200 401"),
    ("get", "queues/", None, "200 200 200 200 200 401"),
    ("get", "queues/support/", None, "200 200 200 200 200 401"),
    ("get", "tags/", None, "403 403 200 200 200 401"),
    ("get", "canned-replies/", None, "403 403 200 200 200 401"),
    ("post", "canned-replies/", {"name": "N", "content": "C"}, "403 403 201 201 201 401"),
    ("get", "canned-replies/$canned/", None, "403 403 200 404 200 401"),
    ("patch", "canned-replies/$canned/", {"name": "N"}, "403 403 200 404 200 401"),
    ("delete", "canned-replies/$canned/", None, "403 403 204 404 204 401"),
    ("get", "canned-replies/$canned/render/?ticket=$ticket", None, "403 403 200 404 200 401"),
    ("get", "saved-filters/", None, "403 403 200 200 200 401"),
    ("post", "saved-filters/", {"name": "N", "query": "x"}, "403 403 201 201 201 401"),
    ("get", "saved-filters/$filter/", None, "403 403 200 404 404 401"),
    ("patch", "saved-filters/$filter/", {"name": "M"}, "403 403 200 404 404 401"),
    ("delete", "saved-filters/$filter/", None, "403 403 204 404 404 401"),
    ("get", "stats/", None, "403 403 200 200 200 401"),
    ("get", "dashboard/stats/", None, "403 403 200 200 200 401"),
]


@pytest.fixture(scope="module")
def one_of_everything(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """One of everything, by the names that the table uses."""
    files = tmp_path_factory.mktemp("media")
    with kept_for_the_module(request), override_settings(MEDIA_ROOT=files):
        yield make_one_of_everything()


def make_one_of_everything() -> dict[str, Any]:
    alice, bob = (make_user(name, is_staff=True) for name in ("alice", "bob"))
    carol, dave, erin = (make_user(name) for name in ("carol", "dave", "erin"))
    admin = make_user("admin", is_staff=True, is_superuser=True)
    support = make_queue("support", members=[alice])
    make_queue("billing", members=[bob])
    ticket = make_ticket(carol, queue=support, subject="The printer is on fire")
    make_participant(ticket, erin)
    reply = make_message(ticket, carol)
    note = make_message(ticket, alice, kind="note")
    for actor in (alice, admin):
        react(message=note, actor=actor, emoji="👍")
    solved = make_ticket(carol, status="resolved")
    file = attach_file(ticket=ticket, actor=carol, name="a.txt", content=b"x")
    secret = attach_file(ticket=ticket, actor=alice, name="b.txt", content=b"x", internal=True)
    people = {user.username: user for user in (carol, dave, alice, bob, admin, erin)}
    return {
        **{name: user.pk for name, user in people.items()},
        "users": people,
        "ticket": ticket.pk,
        "other": make_ticket(erin).pk,
        "solved": solved.pk,
        "reply": reply.pk,
        "note": note.pk,
        "file": file.pk,
        "secret": secret.pk,
        "canned": CannedReply.objects.create(
            name="C", content="C", queue=support, created_by=alice
        ).pk,
        "filter": SavedFilter.objects.create(owner=alice, name="F", query="x").pk,
        "tomorrow": (timezone.now() + timedelta(days=1)).isoformat(),
    }


@pytest.fixture
def world(one_of_everything: dict[str, Any], db: None) -> dict[str, Any]:
    """What the test may do with as it likes: its transaction is rolled back, and the objects are its own."""
    return deepcopy(one_of_everything)


def filled(value: Any, world: dict[str, Any]) -> Any:
    """The value with the ids for ``$names``."""
    if isinstance(value, str):
        return re.sub(r"\$(\w+)", lambda found: str(world[found[1]]), value)
    if isinstance(value, list):
        return [filled(item, world) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, world) for key, item in value.items()}
    return value


def answer_to(client: APIClient, method: str, path: str, body: Any, world: dict[str, Any]) -> Any:
    """What REST says to a row of `REST`."""
    url = "/api/v1/" + filled(path, world)
    given = filled(body, world)
    if method == "upload":
        given["file"] = SimpleUploadedFile("c.txt", b"text")
        return client.post(url, given, format="multipart")
    if body is None:
        return getattr(client, method)(url)
    return getattr(client, method)(url, given, HTTP_IF_MATCH="*")


def state() -> tuple[Any, ...]:
    """What must not change where somebody is refused."""
    return (
        list(Ticket.objects.order_by("pk").values_list("pk", "version", "status", "assignee")),
        list(Message.objects.order_by("pk").values_list("pk", "content", "deleted_at")),
        Attachment.objects.count(),
    )


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [pytest.param(*row, id=f"{row[0]} {row[1]} {i}") for i, row in enumerate(REST)],
)
def test_over_rest(
    world: dict[str, Any], actor: str, method: str, path: str, body: Any, expected: str
) -> None:
    client = APIClient() if actor == "nobody" else client_of(world["users"][actor])
    before = state()
    answer = answer_to(client, method, path, body, world)
    assert answer.status_code == int(expected.split()[ACTORS.index(actor)]), answer.content
    if answer.status_code >= 400:
        assert {"code", "detail"} <= set(answer.json())
        assert state() == before


def test_the_table_names_every_path() -> None:
    patterns = {
        re.sub(r"<(?:\w+:)?\w+>", "*", str(p.pattern)).strip("^$/") for p in urls.urlpatterns
    }
    named = {
        re.sub(r"\$\w+|👍|(?<=queues/)support", "*", row[1].partition("?")[0]).strip("/")
        for row in REST
    }
    assert patterns - named == set()


# operation, arguments, room, and the code of the error for each actor ("-": it is done)
SOCKETS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "send",
        {"content": "C", "client_id": None, "fields": {}},
        "ticket",
        "- forbidden - forbidden -",
    ),
    (
        "send",
        {"content": "C", "client_id": None, "fields": {"kind": "note"}},
        "ticket",
        "forbidden forbidden - forbidden -",
    ),
    (
        "send",
        {"content": "C", "client_id": None, "fields": {}},
        "ticket-notes",
        "forbidden forbidden - forbidden -",
    ),
    (
        "send",
        {"content": "C", "client_id": None, "fields": {"kind": "event"}},
        "ticket",
        "invalid_field " * 5,
    ),
    (
        "edit",
        {"message_id": "$reply", "content": "E"},
        "ticket",
        "- forbidden forbidden forbidden forbidden",
    ),
    (
        "edit",
        {"message_id": "$note", "content": "E"},
        "ticket",
        "forbidden forbidden - forbidden forbidden",
    ),
    ("delete", {"message_id": "$reply"}, "ticket", "- forbidden forbidden forbidden -"),
    ("delete", {"message_id": "$note"}, "ticket-notes", "forbidden forbidden - forbidden -"),
    ("react", {"message_id": "$reply", "emoji": "👍"}, "ticket", "- forbidden - forbidden -"),
    (
        "react",
        {"message_id": "$note", "emoji": "👍"},
        "ticket",
        "forbidden forbidden - forbidden -",
    ),
    ("react", {"message_id": "$reply", "emoji": "👍"}, "ticket-notes", "forbidden " * 5),
    ("unreact", {"message_id": "$reply", "emoji": "👍"}, "ticket", "- forbidden - forbidden -"),
    (
        "unreact",
        {"message_id": "$note", "emoji": "👍"},
        "ticket-notes",
        "forbidden forbidden - forbidden -",
    ),
    ("react", {"message_id": "nonsense", "emoji": "👍"}, "ticket", "forbidden " * 5),
    ("read", {"seq": 1}, "ticket", "- forbidden - forbidden -"),
    ("read", {"seq": 1}, "ticket-notes", "forbidden forbidden - forbidden -"),
]


@pytest.mark.parametrize("actor", ACTORS[:-1])
@pytest.mark.parametrize(
    ("operation", "arguments", "room", "expected"),
    [pytest.param(*row, id=f"{row[0]} {row[2]} {i}") for i, row in enumerate(SOCKETS)],
)
def test_over_sockets(
    world: dict[str, Any], actor: str, operation: str, arguments: Any, room: str, expected: str
) -> None:
    """Even one who would get past the room's door."""
    resolved = registry.resolve(f"{room}:{world['ticket']}")
    assert resolved is not None
    kind, params = resolved
    before = state()
    code = "-"
    try:
        method = getattr(kind.chat, operation)
        method(user=world["users"][actor], params=params, **filled(arguments, world))
    except RealtimeError as error:
        code = error.code
    assert code == expected.split()[ACTORS.index(actor)]
    assert code == "-" or state() == before


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        ("ticket:$ticket", "yes no yes no yes"),
        ("ticket-notes:$ticket", "no no yes no yes"),
        ("queue:support", "no no yes no yes"),
        ("queue:billing", "no no no yes yes"),
        ("queue:nowhere", "no no no no no"),
        ("desk:$carol", "yes no no no no"),
        ("ticket:00000000-0000-0000-0000-000000000000", "no no no no no"),
    ],
)
@pytest.mark.parametrize("actor", ACTORS[:-1])
def test_the_doors_of_the_rooms(
    world: dict[str, Any], actor: str, room: str, expected: str
) -> None:
    resolved = registry.resolve(filled(room, world))
    assert resolved is not None
    kind, params = resolved
    allowed = kind.authorize(world["users"][actor], **params)
    assert allowed == (expected.split()[ACTORS.index(actor)] == "yes")

"""Protocol, section 2: the chat of one ticket."""

from __future__ import annotations

from typing import Any

from tests.support.server import Desk, Person
from tests.support.sockets import Socket

Ticket = dict[str, Any]


async def open_chat(person: Person, ticket: Ticket, **query: Any) -> tuple[Socket, dict[str, Any]]:
    """A socket of the ticket's chat, and its first frame."""
    socket = await Socket.of(person, f"/api/v1/ws/tickets/{ticket['id']}", **query)
    return socket, await socket.receive()


async def test_the_first_frame_says_where_the_ticket_stands(
    carol: Person, alice: Person, ticket: Ticket
) -> None:
    _, hello = await open_chat(carol, ticket)
    assert (hello["type"], hello["room"]) == ("connected", f"ticket:{ticket['id']}")
    assert hello["data"]["seq"] == ticket_seq(carol, ticket)
    assert hello["data"]["resumed"] is False
    assert "notes" not in hello["data"]
    _, hello = await open_chat(alice, ticket)
    assert set(hello["data"]["notes"]) >= {"seq", "epoch"}


def ticket_seq(person: Person, ticket: Ticket) -> int:
    return int(person.get(f"tickets/{ticket['id']}/").json()["seq"])


async def test_a_message_reaches_every_socket_of_the_ticket_as_rest_shows_it(
    carol: Person, alice: Person, ticket: Ticket
) -> None:
    mine, _ = await open_chat(carol, ticket)
    theirs, _ = await open_chat(alice, ticket)
    await mine.send({"content": "Hello support!"})
    heard = await mine.until("message.new")
    assert await theirs.until("message.new") == heard
    assert heard["sender"] == "carol"
    assert heard["timestamp"].endswith("Z")
    assert heard["data"]["seq"] == heard["seq"]
    rest = carol.get(f"tickets/{ticket['id']}/messages/").json()["results"]
    assert rest[-1] == heard["data"]
    assert {"id", "seq", "client_id", "kind", "content", "html", "author", "created_at"} <= set(
        heard["data"]
    )


async def test_a_retry_returns_the_first_result_and_creates_nothing(
    carol: Person, alice: Person, ticket: Ticket
) -> None:
    mine, _ = await open_chat(carol, ticket)
    theirs, _ = await open_chat(alice, ticket)
    first = await mine.ask({"content": "Once", "client_id": "c-1", "ref": 1}, "ack")
    again = await mine.ask({"content": "Once", "client_id": "c-1", "ref": 2}, "ack")
    assert (again["seq"], again["data"]) == (first["seq"], first["data"])
    assert (first["ref"], again["ref"]) == (1, 2)
    await theirs.until("message.new")
    assert await theirs.is_silent()


async def test_a_customer_never_hears_a_note(carol: Person, alice: Person, ticket: Ticket) -> None:
    customer, _ = await open_chat(carol, ticket)
    agent, _ = await open_chat(alice, ticket)
    await agent.send({"content": "Internal", "kind": "note"})
    note = await agent.until("message.new")
    assert (note["room"], note["data"]["kind"]) == (f"ticket-notes:{ticket['id']}", "note")
    second = await agent.ask({"content": "Internal too", "kind": "note", "ref": "n"}, "ack")
    assert (second["room"], second["seq"]) == (note["room"], note["seq"] + 1)
    await agent.ask({"content": "Hello Carol", "ref": 1}, "ack")
    assert (await customer.until("message.new"))["data"]["content"] == "Hello Carol"
    refused = await customer.ask({"content": "x", "kind": "note"}, "error")
    assert refused["data"]["code"] == "forbidden"
    assert "Internal" not in carol.get(f"tickets/{ticket['id']}/messages/").text
    joined = await customer.ask(
        {"type": "join_room", "room": f"ticket-notes:{ticket['id']}"}, "error"
    )
    assert joined["data"]["code"] == "forbidden"


async def test_who_becomes_an_agent_of_the_ticket_hears_its_notes_from_then_on(
    bob: Person, demo: Desk
) -> None:
    made = bob.new_ticket()["id"]
    room = f"ticket-notes:{made}"

    def change(what: str) -> None:
        demo.shell(
            "from tickets import services; from tickets.models import *;"
            f"t = Ticket.objects.get(pk='{made}');" + what
        )

    def move(queue: str) -> None:
        change(f"t.queue = Queue.objects.get(slug='{queue}'); t.save()")

    def write_note(text: str) -> None:
        change(f"services.add_note(ticket=t, actor=None, content='{text}')")

    move("billing")  # where Bob isn't
    socket, hello = await open_chat(bob, {"id": made})
    assert "notes" not in hello["data"]
    write_note("Before")
    move("support")
    joined = await socket.until("room_joined")
    assert joined["room"] == room
    write_note("Now")
    heard = await socket.until(lambda frame: frame.get("room") == room)
    assert (heard["seq"], heard["data"]["content"]) == (joined["data"]["seq"] + 1, "Now")
    move("billing")
    left = await socket.until("room_left")
    assert (left["room"], left["data"]) == (room, {"reason": "forbidden"})
    assert "Before" not in str(socket.seen)


async def test_strangers_and_unknown_tickets_look_the_same(dave: Person, ticket: Ticket) -> None:
    frames = []
    for ticket_id in (ticket["id"], "0190a000-0000-7000-8000-000000000000", "nonsense"):
        socket = await Socket.of(dave, f"/api/v1/ws/tickets/{ticket_id}")
        frame = await socket.receive()
        frame.pop("timestamp")
        frames.append(frame)
        assert await socket.close_code() == 4403
    assert frames[0] == frames[1] == frames[2]


async def test_what_was_missed_is_replayed_in_order_before_live_events(
    carol: Person, alice: Person, ticket: Ticket
) -> None:
    socket, hello = await open_chat(carol, ticket)
    await socket.close()
    for i in range(5):
        alice.post(f"tickets/{ticket['id']}/messages/", {"content": f"Reply {i}"})
    since, epoch = hello["data"]["seq"], hello["data"]["epoch"]
    back, hello = await open_chat(carol, ticket, since=since, epoch=epoch)
    assert hello["data"]["resumed"] is True
    await back.send({"content": "I am back"})
    seqs, contents = [], []
    while "I am back" not in contents:
        frame = await back.receive()
        if "seq" in frame:
            seqs.append(frame["seq"])
        if frame["type"] == "message.new":
            contents.append(frame["data"]["content"])
    assert seqs == list(range(since + 1, since + 1 + len(seqs)))
    assert contents == [f"Reply {i}" for i in range(5)] + ["I am back"]


async def test_a_resume_that_the_log_cannot_serve_is_told(carol: Person, ticket: Ticket) -> None:
    for query in ({"since": 9999}, {"since": 1, "epoch": "another"}):
        _, hello = await open_chat(carol, ticket, **query)
        assert hello["data"]["resumed"] is False
        assert hello["data"]["seq"] == ticket_seq(carol, ticket)


async def test_the_whole_life_of_a_ticket_is_heard(
    carol: Person, alice: Person, ticket: Ticket
) -> None:
    socket, _ = await open_chat(carol, ticket)
    path = f"tickets/{ticket['id']}"
    me = alice.get("auth/me/").json()["id"]
    assert alice.post(f"{path}/assign/", {"assignee": me}).status_code == 200
    assert (await socket.until("ticket.assigned"))["data"]["assignee"]["id"] == me
    message = alice.post(f"{path}/messages/", {"content": "Helo"}).json()
    alice.patch(f"{path}/messages/{message['id']}/", {"content": "Hello"})
    assert (await socket.until("message.edited"))["data"]["content"] == "Hello"
    alice.post(f"{path}/messages/{message['id']}/reactions/", {"emoji": "👍"})
    assert (await socket.until("reaction.added"))["sender"] == "alice"
    alice.delete(f"{path}/messages/{message['id']}/")
    await socket.until("message.deleted")
    assert alice.post(f"{path}/transition/", {"status": "resolved"}).status_code == 200
    assert (await socket.until("ticket.status_changed"))["data"]["status"] == "resolved"
    illegal = alice.post(f"{path}/transition/", {"status": "new"})
    assert (illegal.status_code, illegal.json()["code"]) == (409, "illegal_transition")


async def test_reading_and_typing_are_told_to_the_room(
    carol: Person, alice: Person, ticket: Ticket
) -> None:
    mine, _ = await open_chat(carol, ticket)
    theirs, hello = await open_chat(alice, ticket)
    await theirs.send({"type": "typing", "data": {"state": "start"}})
    heard = await mine.until("user.typing")
    assert (heard["data"]["username"], heard["data"]["state"]) == ("alice", "start")
    await theirs.send({"type": "read", "data": {"seq": hello["data"]["seq"]}})
    assert (await mine.until("message.read"))["data"]["seq"] == hello["data"]["seq"]


async def test_who_loses_the_ticket_is_put_out(
    alice: Person, carol: Person, dave: Person, ticket: Ticket
) -> None:
    path = f"tickets/{ticket['id']}/participants/"
    dave_id = dave.get("auth/me/").json()["id"]
    assert alice.post(path, {"user": dave_id}).status_code in (200, 201)
    socket, _ = await open_chat(dave, ticket)
    assert alice.delete(f"{path}{dave_id}/").status_code == 204
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": "Now we are alone"})
    assert await socket.close_code() == 4403
    assert "Now we are alone" not in str(socket.seen)


async def test_bad_messages_are_refused_and_nothing_is_stored(
    carol: Person, ticket: Ticket
) -> None:
    socket, hello = await open_chat(carol, ticket)
    for frame, code in (
        ({}, "missing_field"),
        ({"content": ""}, "missing_field"),
        ({"content": "   "}, "missing_field"),
        ({"content": 5}, "invalid_field"),
        ({"content": "a\u0000b"}, "invalid_field"),
        ({"content": "x", "kind": "shout"}, "invalid_field"),
        ({"content": "x", "client_id": 7}, "invalid_field"),
        ({"content": "x", "in_reply_to": "nonsense"}, "invalid_field"),
        ({"type": "dance"}, "unknown_type"),
        ({"type": "edit_message", "data": {"message_id": "zzz", "content": "x"}}, "forbidden"),
        ({"type": "read", "data": {"seq": -1}}, "invalid_field"),
        ({"type": "read", "data": []}, "invalid_field"),
    ):
        answer = await socket.ask({**frame, "ref": "r"}, "error")
        assert (answer["data"]["code"], answer["ref"]) == (code, "r"), frame
    assert ticket_seq(carol, ticket) == hello["data"]["seq"]


async def test_the_desks_own_codes_are_reasons_beside_the_protocols(
    alice: Person, bob: Person, ticket: Ticket
) -> None:
    socket, hello = await open_chat(alice, ticket)
    said = bob.post(f"tickets/{ticket['id']}/messages/", {"content": "Hello Carol"}).json()
    seen = {"content": "Hello", "last_seen_seq": hello["data"]["seq"], "ref": 1}
    data = (await socket.ask(seen, "error"))["data"]
    assert (data["code"], data["reason"], data["message"]) == ("conflict", "collision", said["id"])


async def test_a_client_id_alone_gets_a_receipt_for_every_change(
    carol: Person, ticket: Ticket
) -> None:
    socket, hello = await open_chat(carol, ticket)
    sent = await socket.ask({"content": "Helo", "client_id": "a", "ref": 1}, "ack")
    message = {"message_id": sent["data"]["id"], "client_id": "b"}
    for type, data in (
        ("edit_message", {**message, "content": "Hello"}),
        ("react", {**message, "emoji": "👍"}),
        ("unreact", {**message, "emoji": "👍"}),
        ("read", {"seq": hello["data"]["seq"], "client_id": "b"}),
        ("delete_message", message),
    ):
        await socket.send({"type": type, "data": data})
        assert (await socket.until("ack"))["room"] == sent["room"]

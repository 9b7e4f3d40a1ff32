"""docs/protocol.md: the sockets, from the registry and the errors that the engine declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from config.reference.markdown import fields, table
from realtime import errors
from realtime.asyncapi import asyncapi_document
from realtime.conf import Config

_INTRODUCTION = """\
# Protocol reference

This page is made from the code by `make reference`, and a test fails when it is out of date. [The WebSocket API](WEBSOCKET_API.md) tells how
the parts play together; a running server shows the same as AsyncAPI 3 at `/api/v1/docs/ws/` (JSON with `?format=json`), which is
committed as [asyncapi.json](asyncapi.json).
"""

_CODES = {
    "NORMAL": "Closed on purpose: an admin disconnected the user.",
    "MALFORMED": "Twenty frames in a row that are no JSON object, or a `since` that is no whole number.",
    "UNAUTHORIZED": "No, a bad or an expired token; the user is inactive or has logged out. On `/ws` this is 4001.",
    "FORBIDDEN": "Not allowed here, or it does not exist.",
    "IDLE": "A client that had sent frames sent none for `WEBSOCKET_IDLE_TIMEOUT`.",
    "SLOW_READER": "More than `WS_SEND_QUEUE_BYTES` unsent, or nothing taken for 20 s. Come back with `since`.",
    "TOO_LARGE": "A frame larger than `WS_MESSAGE_MAX_SIZE`.",
    "TOO_MANY": "Too many connections of this user, or far too many frames.",
    "SERVER_ERROR": "A fault of the server's; it is in its log.",
    "RESTARTING": "The server stops: reconnect after the `after` of the `reconnect` frame before.",
}


def page() -> str:
    """The whole page."""
    document = asyncapi_document()
    parts = [
        _INTRODUCTION,
        *_endpoints(document),
        *_rooms(document),
        *_frames(document),
        *_events(document),
        *_errors(),
        *_closes(),
        *_limits(),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _endpoints(document: dict[str, Any]) -> Iterator[str]:
    yield "## Endpoints\n"
    yield "The frames' names are those of the sections below, where the first row says by what a frame is known.\n"
    yield from table(
        ["path", "what it is"],
        ((f"`{c['address']}`", c["description"]) for c in document["channels"].values()),
    )
    for name, channel in document["channels"].items():
        yield f"### {channel['address']}\n"
        for verb, says in (("accepts", "Takes"), ("tells", "Sends")):
            names = [
                r["$ref"].rpartition("/")[2]
                for r in document["operations"][f"{name}_{verb}"]["messages"]
            ]
            frames = [n for n in names if "x-version" not in document["components"]["messages"][n]]
            events = len(names) - len(frames)
            more = ", and every [event](#events) of the rooms one is in" if events else ""
            yield f"{says}: {', '.join(f'`{frame}`' for frame in frames)}{more}.\n"


def _rooms(document: dict[str, Any]) -> Iterator[str]:
    yield "## Rooms\n"
    yield "A room is a topic: the names that `join_room` and `subscribe` take. Events of stored rooms are numbered and can be replayed.\n"
    yield from table(
        ["room", "stored", "chat"],
        (
            (f"`{t['pattern']}`", "yes" if t["stored"] else "", "yes" if t["chat"] else "")
            for t in document["x-topics"]
        ),
    )


def _frames(document: dict[str, Any]) -> Iterator[str]:
    messages = document["components"]["messages"]
    taken = {
        reference["$ref"].rpartition("/")[2]
        for name, operation in document["operations"].items()
        if name.endswith("_accepts")
        for reference in operation["messages"]
    }
    for title, wanted in (
        ("Frames that clients send", True),
        ("Frames that the server sends", False),
    ):
        yield f"## {title}\n"
        for key, message in messages.items():
            if "x-version" not in message and (key in taken) == wanted:
                yield f"### {message['name']}\n"
                yield from fields(message["payload"]) or ["Any JSON text.\n"]
                data = message["payload"].get("properties", {}).get("data", {})
                if data.get("properties"):
                    yield "In `data`:\n"
                    yield from fields(data)


def _events(document: dict[str, Any]) -> Iterator[str]:
    yield "## Events\n"
    yield (
        "Each has the envelope `type`, `room`, `data`, `sender`, `timestamp`; durable ones `id` and `seq`, too. What follows is "
        "their `data`.\n"
    )
    for message in document["components"]["messages"].values():
        if "x-version" not in message:
            continue
        yield f"### {message['name']}\n"
        if "summary" in message:
            yield f"{message['summary'].replace('``', '`')}\n"
        if "x-event-client-name" in message:
            yield f"Event clients of `/ws` get it as `{message['x-event-client-name']}` without subscribing.\n"
        data = message["payload"]["properties"]["data"]
        for form in data.get("anyOf", [data]):
            yield from fields(form) or ["Whatever the sender put in.\n"]


def _errors() -> Iterator[str]:
    yield "## Error codes\n"
    yield (
        "What the desk refuses for a reason of its own (`collision`, `too_late`, `ticket_merged`) has one of these codes and the "
        'reason beside it: `"code":"conflict","reason":"collision"`. REST answers have the reason as their `code`.\n'
    )
    found: dict[str, type[errors.RealtimeError]] = {}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.RealtimeError):
            found.setdefault(kind.code, kind)
    yield from table(
        ["code", "HTTP", "says"],
        ((f"`{code}`", str(kind.status), kind.text) for code, kind in sorted(found.items())),
    )


def _closes() -> Iterator[str]:
    yield "## Close codes\n"
    yield from table(
        ["code", "means"],
        (
            (str(number), _CODES[name])
            for name, number in vars(errors.CloseCode).items()
            if name.isupper()
        ),
    )


def _limits() -> Iterator[str]:
    limits = Config()
    yield "## Limits\n"
    yield "As they are unless [settings](settings.md) say otherwise.\n"
    yield from table(
        ["", "default"],
        (
            ("connections of a user", str(limits.max_connections_per_user)),
            ("bytes of a frame", f"{limits.message_max_size:,}"),
            ("frames of a socket in a second", f"{limits.messages_per_second:g}"),
            ("frames at once", str(limits.messages_burst)),
            ("seconds between pings of the server", f"{limits.heartbeat_interval:g}"),
            ("seconds of silence", f"{limits.idle_timeout:g}"),
            ("unsent bytes of a socket", f"{limits.send_queue_bytes:,}"),
            ("seconds that a ticket for a socket is good", f"{limits.socket_ticket_seconds:g}"),
        ),
    )

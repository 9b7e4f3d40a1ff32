"""Who is measured: how each server is started, and how its clients speak."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Speech:
    """What a client says. ``ROOM``, ``CONTENT`` and ``TOKEN`` stand for what is filled in."""

    path: str = "/?token=TOKEN"
    greet: tuple[str, ...] = ('{"type":"join_room","room":"ROOM"}',)
    ready: str = "room_joined"
    send: str = '{"type":"send_message","room":"ROOM","data":{"content":"CONTENT"}}'
    many_rooms: bool = False


@dataclass(frozen=True)
class Contestant:
    """A server; ``command`` has ``PORT`` where its port is to stand."""

    name: str
    title: str
    family: str
    """The others of the same family stand beside each other in charts."""
    command: tuple[str, ...]
    speech: Speech = field(default_factory=Speech)
    room: str = "room"
    environment: tuple[tuple[str, str], ...] = ()
    postgresql: bool = False

    @property
    def is_ours(self) -> bool:
        return self.family == "ours"

    def order(self) -> dict[str, Any]:
        return {"room": self.room, "speech": {**vars(self.speech), "greet": [*self.speech.greet]}}


def _uvicorn(application: str) -> tuple[str, ...]:
    quiet = ("--log-level", "error", "--no-access-log", "--ws", "websockets-sansio")
    return (sys.executable, "-m", "uvicorn", "--port", "PORT", *quiet, application)


def _daphne(application: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "daphne", "-v", "0", "-p", "PORT", application)


def _ours(server: str, kind: str, *, postgresql: bool = False) -> Contestant:
    suffix = "-postgresql" if postgresql else ""
    where = {"relayed": "relayed", "stored": "durable, SQLite"}[kind]
    if postgresql:
        where = "durable, PostgreSQL"
    return Contestant(
        name=f"ours-{kind}-{server}{suffix}" if kind == "stored" else f"ours-{server}",
        title=f"Livedesk, {where}, {server}",
        family="ours",
        command=(sys.executable, "manage.py", "serve", "--server", server, "--port", "PORT"),
        speech=Speech("/api/v1/ws/connect?token=TOKEN", many_rooms=True),
        room=f"{kind}:room",
        postgresql=postgresql,
    )


def _bare(server: str) -> Contestant:
    """The server itself, with an application that does nothing."""
    start = _daphne if server == "daphne" else _uvicorn
    application = "tests.benchmarks.peers.bare:application"
    return Contestant(
        f"bare-{server}", f"{server} with an empty application", "others", start(application)
    )


def _stock(layer: str, server: str) -> Contestant:
    start = _daphne if server == "daphne" else _uvicorn
    return Contestant(
        name=f"stock-{layer}-{server}",
        title=f"stock Channels, {layer} layer, {server}",
        family="stock",
        command=start("tests.benchmarks.peers.stock:application"),
        environment=(("BENCH_LAYER", layer),),
    )


_SOCKETIO = Speech(
    path="/socket.io/?EIO=4&transport=websocket",
    greet=("40", '42["join","ROOM"]'),
    send='42["send",{"room":"ROOM","data":{"content":"CONTENT"}}]',
)

CONTESTANTS: dict[str, Contestant] = {
    contestant.name: contestant
    for contestant in [
        *(_ours(server, "relayed") for server in ("daphne", "uvicorn")),
        *(_ours(server, "stored") for server in ("daphne", "uvicorn")),
        *(_ours(server, "stored", postgresql=True) for server in ("daphne", "uvicorn")),
        *(
            _stock(layer, server)
            for layer in ("core", "pubsub")
            for server in ("daphne", "uvicorn")
        ),
        *(_bare(server) for server in ("daphne", "uvicorn")),
        Contestant(
            "fastapi-uvicorn",
            "FastAPI connection manager with Redis, uvicorn",
            "others",
            _uvicorn("tests.benchmarks.peers.fastapi_manager:application"),
        ),
        Contestant(
            "socketio-uvicorn",
            "python-socketio with Redis, uvicorn",
            "others",
            _uvicorn("tests.benchmarks.peers.socketio_server:application"),
            _SOCKETIO,
        ),
        Contestant(
            "picows",
            "picows, framed once: the limit",
            "others",
            (sys.executable, "-m", "tests.benchmarks.peers.picows_limit", "PORT"),
        ),
    ]
}


def without_room(contestant: Contestant) -> Contestant:
    """For connecting only: ready is the server's first word, and no room is joined."""
    speech = contestant.speech
    if contestant.is_ours:
        speech = replace(speech, greet=(), ready='"connected"')
    return replace(contestant, speech=speech)


def with_replay(contestant: Contestant) -> Contestant:
    """Joins from the beginning of the log."""
    greet = ('{"type":"join_room","room":"ROOM","since":0}',)
    return replace(contestant, speech=replace(contestant.speech, greet=greet))

#!/usr/bin/env python3
"""A terminal for Livedesk's sockets: see frames arrive, join rooms, write, type, read back.

    python clients/ws_test_client.py alice Secret123 interactive
    python clients/ws_test_client.py alice Secret123 demo --url https://desk.example.org

``interactive`` has a prompt with completion (``/help``); ``demo`` walks through what a client can do and ends. Needs
``pip install websockets httpx rich prompt_toolkit``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import sys
import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))

try:
    import httpx
    from livedesk_client import Client, Frame, LivedeskError, Room, Session, Status
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.patch_stdout import patch_stdout
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
except ImportError as missing:
    sys.exit(f"{missing.name} is missing: pip install websockets httpx rich prompt_toolkit")

_DIRECTIONS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
STATE_STYLES = {
    "connecting": "yellow",
    "open": "green",
    "waiting": "yellow",
    "stopped": "red",
    "idle": "dim",
}


class Terminal:
    """Prints what happens on a client, one line a frame."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.console = Console(highlight=False)
        self.session = Session(url, username, password)
        self.client = Client(
            f"{url}/api/v1/ws/connect",
            self.session.token,
            on_status=self.show_status,
            on_frame=self.show_frame,
        )
        self.rooms: dict[str, Room] = {}
        self.room: Room | None = None
        self.raw = False

    def show_status(self, status: Status) -> None:
        line = Text("● ", style=STATE_STYLES[status.state]).append(status.state)
        if status.code:
            line.append(f"  closed with {status.code}", style="dim")
        if status.retry_in is not None:
            line.append(f"  again in {status.retry_in:.1f} s", style="dim")
        if status.reason:
            line.append(f"  {status.reason}", style="red")
        self.console.print(line)

    def show_frame(self, frame: Frame) -> None:
        if self.raw:
            self.console.print_json(json.dumps(frame))
            return
        kind = str(frame.get("type"))
        line = Text(f"{str(frame.get('timestamp', ''))[11:19]:<9}", style="dim")
        line.append(f"{kind:<22}", style="red" if kind == "error" else "cyan")
        if room := frame.get("room"):
            line.append(f"{short(room)} ", style="magenta")
        if (seq := frame.get("seq")) is not None:
            line.append(f"#{seq} ", style="dim")
        line.append(harmless(summary(frame)))
        self.console.print(line)

    async def join(self, name: str, since: int | None = None) -> None:
        known = self.rooms.get(name)
        if known is None or known.state in ("closed", "forbidden"):
            known = self.rooms[name] = self.client.subscribe(name, since=since)
        await known.ready()
        self.room = known
        names = ", ".join(member.username for member in known.members) or "nobody"
        seq = known.cursor.seq if known.cursor else 0
        self.console.print(Text(f"in {name} at #{seq}, with {names}", style="green"))

    async def tickets(self) -> list[dict[str, Any]]:
        page = await self.session.request("GET", "tickets/")
        table = Table("number", "status", "priority", box=None)
        table.add_column("subject", overflow="ellipsis", no_wrap=True)
        table.add_column("room", no_wrap=True, min_width=43)
        for ticket in page["results"]:
            room = f"ticket:{ticket['id']}"
            table.add_row(
                f"#{ticket['number']}",
                ticket["status"],
                ticket["priority"],
                Text(harmless(ticket["subject"])),
                room,
            )
        self.console.print(table)
        rows: list[dict[str, Any]] = page["results"]
        return rows

    async def close(self) -> None:
        await self.client.stop()
        await self.session.close()


def short(room: str) -> str:
    """A room's name with the middle of a UUID left out."""
    kind, _, name = room.partition(":")
    return f"{kind}:{name[:4]}…{name[-4:]}" if len(name) > 20 else room


def harmless(text: str) -> str:
    """A text without what a terminal would obey: somebody else has written it."""
    return "".join("�" if _commands(char) else char for char in text)


def _commands(char: str) -> bool:
    return unicodedata.category(char) == "Cc" or unicodedata.bidirectional(char) in _DIRECTIONS


def summary(frame: Frame) -> str:
    """The part of a frame's data that a person wants to see."""
    data = frame.get("data")
    if not isinstance(data, dict):
        return ""
    if frame["type"] == "room_joined":
        return f"at #{data.get('seq')}, {len(data.get('members', []))} in it"
    if frame["type"] == "history":
        return f"{len(data['events'])} events"
    for key in ("content", "error", "title", "subject", "username", "reason", "state"):
        if isinstance(data.get(key), str):
            who = f"{frame['sender']}: " if frame.get("sender") else ""
            return f"{who}{data[key]}"
    return json.dumps(data)[:100]


Command = Callable[[Terminal, list[str]], Awaitable[object]]


async def _join(terminal: Terminal, args: list[str]) -> None:
    await terminal.join(args[0], int(args[1]) if len(args) > 1 else None)


async def _leave(terminal: Terminal, args: list[str]) -> None:
    room = terminal.rooms.pop(args[0], None) if args else terminal.room
    if room is not None:
        await room.close()
        terminal.room = None if terminal.room is room else terminal.room


async def _history(terminal: Terminal, args: list[str]) -> None:
    page = await here(terminal).history(limit=int(args[0]) if args else 20)
    for event in page["events"]:
        terminal.show_frame(event)


async def _typing(terminal: Terminal, args: list[str]) -> None:
    await here(terminal).typing(not args or args[0] != "stop")


async def _read(terminal: Terminal, args: list[str]) -> None:
    room = here(terminal)
    await room.read(int(args[0]) if args else (room.cursor.seq if room.cursor else 0))


async def _who(terminal: Terminal, args: list[str]) -> None:
    for member in here(terminal).members:
        terminal.console.print(f"  {member.username} ({member.user_id})")


async def _tickets(terminal: Terminal, args: list[str]) -> None:
    await terminal.tickets()


async def _send_raw(terminal: Terminal, args: list[str]) -> None:
    await terminal.client.transmit(json.loads(" ".join(args)))


async def _json(terminal: Terminal, args: list[str]) -> None:
    terminal.raw = not terminal.raw


async def _help(terminal: Terminal, args: list[str]) -> None:
    for name, (_, text) in COMMANDS.items():
        terminal.console.print(Text(f"  {name:<10}", style="cyan").append(text, style="default"))
    terminal.console.print("  Anything else is sent to the room you are in.")


COMMANDS: dict[str, tuple[Command, str]] = {
    "/tickets": (_tickets, "list the tickets you see"),
    "/join": (_join, "ROOM [SINCE]: listen, from number SINCE on"),
    "/leave": (_leave, "[ROOM]: stop listening"),
    "/who": (_who, "who is in the room"),
    "/history": (_history, "[N]: the last events of the room"),
    "/typing": (_typing, "[stop]: tell the others that you type"),
    "/read": (_read, "[SEQ]: tell the others how far you have read"),
    "/send": (_send_raw, "JSON: send a frame as it is"),
    "/json": (_json, "whole frames instead of one line each"),
    "/help": (_help, "this"),
    "/quit": (_help, "leave"),
}


def here(terminal: Terminal) -> Room:
    if terminal.room is None:
        raise LivedeskError("not_joined", "Join a room first: /join ROOM.")
    return terminal.room


async def interactive(terminal: Terminal) -> None:
    """A prompt below what arrives."""
    words = WordCompleter(lambda: [*COMMANDS, *terminal.rooms], sentence=True)
    prompt: PromptSession[str] = PromptSession(completer=words, complete_while_typing=True)
    await terminal.client.opened()
    await _help(terminal, [])
    while True:
        name = short(terminal.room.name) if terminal.room else "no room"
        try:
            line = (await prompt.prompt_async(f"{name}> ")).strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line == "/quit":
            return
        if line:
            await run_line(terminal, line)


async def run_line(terminal: Terminal, line: str) -> None:
    """One line of the prompt: a command, or a message."""
    try:
        if line.startswith("/"):
            word, _, rest = line.partition(" ")
            if word not in COMMANDS:
                raise LivedeskError("unknown", f"There is no {word}: see /help.")
            args = [rest] if word == "/send" else shlex.split(rest)
            await COMMANDS[word][0](terminal, args)
        else:
            await here(terminal).send(line)
    except LivedeskError as error:
        terminal.console.print(Text(f"{error.code}: {error}", style="red"))
    except httpx.HTTPError as error:
        terminal.console.print(Text(f"The server can't be reached: {error}", style="red"))
    except (ValueError, IndexError) as error:
        terminal.console.print(Text(f"Not understood: {error}", style="red"))


async def demo(terminal: Terminal) -> None:
    """What a client can do, step by step, in the newest ticket."""
    step = terminal.console.rule
    step("connect")
    await terminal.client.opened()
    step("the tickets you see")
    rows = await terminal.tickets()
    if not rows:
        terminal.console.print("There is no ticket to show this with.")
        return
    name = f"ticket:{rows[0]['id']}"
    step(f"join {short(name)} from its beginning")
    await terminal.join(name, since=0)
    step("say something, with a receipt")
    receipt = await here(terminal).send("Hello from the **terminal**!")
    terminal.console.print(f"stored as #{receipt.seq}: {receipt.data['id']}")
    step("the same client_id again stores nothing")
    again = await here(terminal).send("Again", client_id=receipt.data["client_id"])
    terminal.console.print(f"still #{again.seq}")
    step("history")
    await _history(terminal, ["3"])
    step("a room that isn't there")
    try:
        await terminal.join("ticket:nowhere")
    except LivedeskError as error:
        terminal.console.print(f"refused: {error.code}")
    step("that's it")


async def main() -> int:
    parser = argparse.ArgumentParser(description="A terminal for Livedesk's sockets.")
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("mode", choices=["interactive", "demo"])
    parser.add_argument("--url", default="http://localhost:8000", help="default: %(default)s")
    args = parser.parse_args()
    terminal = Terminal(args.url.rstrip("/"), args.user, args.password)
    try:
        async with terminal.client:
            if args.mode == "demo":
                await demo(terminal)
            else:
                with patch_stdout(raw=True):
                    await interactive(terminal)
    except LivedeskError as error:
        terminal.console.print(Text(f"{error.code}: {error}", style="red"))
        return 1
    finally:
        await terminal.session.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)

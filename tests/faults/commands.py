"""A process that is no server and writes too, as a cron job does: several messages in each of its transactions."""

from __future__ import annotations

import asyncio
import json
import sys
from uuid import uuid4

from tests.faults.history import Acknowledgement, History
from tests.support.server import ROOT, Desk

_CODE = """
import json, sys
from django.contrib.auth.models import User
from django.db import transaction
from examples.projects.models import ChannelMessage
bob = User.objects.get(username="bob")
for line in sys.stdin:
    order = json.loads(line)
    with transaction.atomic():
        rows = [
            ChannelMessage.objects.create(channel_id=order["channel"], author=bob, content="From a command", client_id=each)
            for each in order["client_ids"]
        ]
    told = []
    for row in rows:
        row.refresh_from_db()
        told.append([row.client_id, row.seq, str(row.pk), row.content])
    print(json.dumps(told), flush=True)
"""


class CommandWriter:
    """Writes into a channel through the models, in batches."""

    def __init__(self, history: History, channel: int, process: asyncio.subprocess.Process) -> None:
        self._history = history
        self._channel = channel
        self._process = process

    @classmethod
    async def start(
        cls, history: History, channel: int, desk: Desk, redis_url: str
    ) -> CommandWriter:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "shell", "-v", "0", "-c", _CODE),
            cwd=ROOT,
            env={**desk.environment, "REDIS_URL": redis_url},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return cls(history, channel, process)

    async def write(self, count: int) -> None:
        """One transaction of so many messages."""
        assert self._process.stdin is not None and self._process.stdout is not None
        client_ids = [str(uuid4()) for _ in range(count)]
        for client_id in client_ids:
            self._history.asked_for(client_id)
        order = {"channel": self._channel, "client_ids": client_ids}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        for client_id, seq, message, content in answer:
            told = Acknowledgement(f"channel:{self._channel}", seq, message, content)
            self._history.acknowledged(client_id, told)

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

"""Forks `node` processes: it has loaded libraries, and done nothing else, so that they start in a moment.

``python -m realtime.tests.presence.nursery FD`` reads requests from a socket: the environment as JSON, with the standard input
and output of the new process. It answers with the process id.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable

import django

# None of them reads settings at import, or makes a thread.
LIBRARIES = (
    "channels_redis.pubsub",
    "django.contrib.postgres.fields",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.test",
    "jinja2",
    "jwt",
    "psycopg_pool",
    "redis.asyncio",
    "rest_framework",
    "realtime.capture",
    "realtime.presence.pipeline",
    "realtime.tests.presence.node",
)


def main(requests: socket.socket) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    # Nobody waits for a process: its end is the end of its output.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(requests, 65_536, 2)
        if not request:
            return
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            return become_node(json.loads(request), files)
        for file in files:
            os.close(file)
        requests.send(str(pid).encode())


def become_node(environment: dict[str, str], files: Iterable[int]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.update(environment)
    django.setup()
    from realtime.tests.presence.node import run

    asyncio.run(run())


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))

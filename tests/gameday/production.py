"""A set-up as in docs/operations.md, on loopback: a proxy, two servers, a worker, PostgreSQL, Redis. Its parts can be taken away."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.deploy.proxying import Nginx
from tests.support.ports import free_port
from tests.support.postgresql import server_url
from tests.support.redis_server import RedisServer
from tests.support.server import ROOT, Desk, Server

KINDS = {"server-1": "daphne", "server-2": "uvicorn"}
_ENVIRONMENT = {
    "DEBUG": "0",
    "TRUSTED_PROXIES": "1",
    "JOBS_EMBEDDED": "0",
    "LOG_FORMAT": "json",
    "DATABASE_POOL_SIZE": "12",  # several tests may share the server
    "WS_MAX_CONNECTIONS_PER_USER": "100",
    "WS_LEASE_SECONDS": "3",
    "JWT_ACCESS_SECONDS": "3600",
}


class Production:
    """Settings are those of production, but for the limits of an audience that is three people and one address."""

    def __init__(self, database_url: str) -> None:
        self._database = urlsplit(database_url).path.strip("/")
        self.redis = RedisServer()
        self.desk = Desk(
            **_ENVIRONMENT,
            SECRET_KEY=secrets.token_urlsafe(50),
            DATABASE_URL=database_url,
            REDIS_URL=self.redis.url,
        )
        self.servers: dict[str, Server] = {}
        self._ports = {name: free_port() for name in KINDS}
        self._folder = tempfile.TemporaryDirectory(prefix="livedesk-nginx-")
        self._worker: subprocess.Popen[bytes] | None = None
        self._nginx: Nginx | None = None

    def start(self) -> None:
        """Everything, with the people and rows of the demo."""
        self.redis.start()
        self.desk.create_demo()
        self.start_worker()
        with ThreadPoolExecutor() as threads:
            list(threads.map(self.start_server, KINDS))
        self._nginx = Nginx(Path(self._folder.name), [self.servers[name] for name in KINDS])

    def close(self) -> None:
        self.allow_database()
        self.kill_worker()
        if self._nginx is not None:
            self._nginx.stop()
        self.desk.close()
        self.redis.close()
        self._folder.cleanup()

    @property
    def nginx(self) -> Nginx:
        assert self._nginx is not None
        return self._nginx

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """Names and URLs of the server processes, past the proxy."""
        return [(name, f"http://127.0.0.1:{port}") for name, port in self._ports.items()]

    @property
    def logs(self) -> list[str]:
        """What the parts have written, each process from its last start."""
        files = [server.log_file for server in self.servers.values()]
        return [file.read_text(errors="replace") for file in [*files, self._worker_log]]

    # --- servers ---

    def start_server(self, name: str) -> None:
        self.servers[name] = self.desk.serve(KINDS[name], port=self._ports[name])

    def kill_server(self, name: str) -> None:
        self.servers[name].kill()

    def stop_server(self, name: str) -> None:
        """SIGTERM, as for a release."""
        assert self.servers[name].terminate(30) == 0

    # --- worker ---

    @property
    def _worker_log(self) -> Path:
        return self.desk.folder / "worker.log"

    def start_worker(self) -> None:
        self._worker = subprocess.Popen(
            [sys.executable, "manage.py", "run_jobs"],
            cwd=ROOT,
            env=self.desk.environment,
            stdout=self._worker_log.open("wb"),
            stderr=subprocess.STDOUT,
        )

    def kill_worker(self) -> None:
        if self._worker is not None:
            self._worker.send_signal(signal.SIGKILL)
            self._worker.wait()
            self._worker = None

    # --- database ---

    def forbid_database(self) -> None:
        """Ends all sessions of this database and lets nobody in: the server itself belongs to others as well."""
        self._alter("ALLOW_CONNECTIONS false")
        with psycopg.connect(server_url(), autocommit=True) as connection:
            sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(sessions, [self._database])

    def allow_database(self) -> None:
        self._alter("ALLOW_CONNECTIONS true")

    def _alter(self, what: str) -> None:
        with psycopg.connect(server_url(), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{self._database}" {what}')

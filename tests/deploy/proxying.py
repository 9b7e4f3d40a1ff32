"""deploy/nginx.conf as it is, but for ports, paths, and TLS where a test wants none."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import httpx

from tests.support.ports import free_port, wait_until
from tests.support.server import ROOT, Server


def nginx_configuration(
    folder: Path, port: int, servers: list[int] | None = None, *, tls: bool = True
) -> Path:
    """Writes the configuration for an nginx that keeps everything in ``folder``, and returns its path."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = text.replace("user www-data;", "daemon off;")
    text = text.replace("/run/nginx.pid", f"{folder}/nginx.pid").replace(
        "/var/log/nginx", str(folder)
    )
    text = text.replace("worker_processes auto", "worker_processes 1")
    text = re.sub(r"worker_rlimit_nofile .*\n", "", text).replace("16384;", "512;")
    text = re.sub(r"\n    server \{\n        listen 80;.*?\n    \}\n", "\n", text, flags=re.DOTALL)
    text = re.sub(r" +listen \[::\]:443.*\n", "", text)
    if servers is not None:
        line = "        server 127.0.0.1:{} max_fails=0;\n"
        text = re.sub(
            r"( +server 127\.0\.0\.1:800\d [^\n]*\n)+", "".join(map(line.format, servers)), text
        )
    if tls:
        _certificate(folder)
        text = text.replace("/etc/ssl/livedesk", str(folder)).replace(
            "listen 443", f"listen {port}"
        )
    else:
        text = re.sub(r" +ssl_\w+ .*\n", "", text).replace("listen 443 ssl http2", f"listen {port}")
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("http {\n", "http {\n" + temporary, 1)
    file = folder / "nginx.conf"
    file.write_text(text)
    return file


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=desk.example.org", "-keyout", str(folder / "privkey.pem")),
            *("-out", str(folder / "fullchain.pem")),
        ],
        check=True,
        capture_output=True,
    )


class Nginx:
    """A private nginx before some server processes. Clients may treat it as a `Server`."""

    def __init__(self, folder: Path, servers: list[Server]) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._configuration = nginx_configuration(
            folder, self.port, [server.port for server in servers], tls=False
        )
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        nginx = shutil.which("nginx")
        assert nginx is not None
        self.process = subprocess.Popen(
            [nginx, "-p", str(self._folder), "-c", str(self._configuration)],
            stderr=(self._folder / "stderr.log").open("ab"),
        )
        wait_until(self.answers, what="the start of nginx")

    @property
    def logs(self) -> str:
        """Access and errors."""
        return "".join(file.read_text() for file in self._folder.glob("*.log"))

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """At once, with its workers."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

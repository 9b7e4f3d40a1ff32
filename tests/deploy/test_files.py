"""The files of deploy/ are taken by the tools that they are for, and name what exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.deploy.proxying import nginx_configuration
from tests.documents.test_pages import variables
from tests.support.redis_server import RedisServer
from tests.support.server import ROOT, Person, Server, demo_desk
from tests.support.sockets import Socket

DEPLOY = ROOT / "deploy"
_METRIC = re.compile(r"\b((?:realtime|websocket|livedesk)_[a-z_]+)")


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on the PATH")
    return found


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    _run(_tool("nginx"), "-t", "-p", str(tmp_path), "-c", str(nginx_configuration(tmp_path, 8443)))


def test_caddy_takes_its_configuration() -> None:
    path = str(DEPLOY / "Caddyfile")
    _run(_tool("caddy"), "validate", "--adapter", "caddyfile", "--config", path)


def test_prometheus_takes_its_configuration_and_the_alert_rules() -> None:
    assert "12 rules found" in _run(
        _tool("promtool"), "check", "config", str(DEPLOY / "prometheus.yml")
    )


@pytest.mark.parametrize("unit", ["livedesk@.service", "livedesk-worker.service"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    tool = _tool("systemd-analyze")
    text = (DEPLOY / "systemd" / unit).read_text()
    # The program needn't be installed here.
    copy = tmp_path / unit.replace("@", "@8001")
    copy.write_text(text.replace("/srv/livedesk/.venv/bin/python", "/bin/true"))
    _run(tool, "verify", "--man=no", str(copy))


def test_compose_takes_its_file(tmp_path: Path) -> None:
    tool = _tool("docker")
    known = subprocess.run([tool, "compose", "version"], capture_output=True, check=False)
    if known.returncode != 0:
        pytest.skip("docker has no compose here")
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    shutil.copy(DEPLOY / "livedesk.env.example", tmp_path / "deploy" / "livedesk.env")
    file = str(tmp_path / "deploy" / "compose.yaml")
    _run(tool, "compose", "-f", file, "config", "-q", POSTGRES_PASSWORD="x")


def test_the_parts_of_the_compose_file_fit_together() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = composed["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in composed["volumes"] or (DEPLOY / source).exists()
    for upstream in services["proxy"]["environment"]["UPSTREAMS"].split():
        assert upstream.split(":")[0] in services
    for name in ("server-1", "server-2", "worker"):
        assert "redis" in services[name]["depends_on"]


def test_the_image_has_what_it_copies_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    sources = [line.split()[1] for line in lines if re.match(r"COPY (?!--)", line)]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    users = [line for line in lines if line.startswith("USER")]
    assert users == ["USER livedesk"]


def test_a_volume_of_the_image_belongs_to_the_one_who_writes_there() -> None:
    """Docker makes a folder that isn't in the image for root."""
    text = (DEPLOY / "Dockerfile").read_text()
    as_livedesk = text.partition("USER livedesk\n")[2]
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    targets = {each.split(":")[1] for each in composed["services"]["server-1"]["volumes"]}
    made = set(re.findall(r"^RUN mkdir (\S+)", as_livedesk, re.MULTILINE))
    assert targets == made == set(re.findall(r"^VOLUME (\S+)", text, re.MULTILINE))


def test_the_hosts_of_the_examples_are_those_that_health_checks_and_monitors_ask_for() -> None:
    for text in (
        (DEPLOY / "livedesk.env.example").read_text(),
        (ROOT / "docs" / "operations.md").read_text(),
    ):
        hosts = re.search(r"^ALLOWED_HOSTS=(\S+)", text, re.MULTILINE)
        assert hosts and "127.0.0.1" in hosts[1].split(",")


def test_the_example_of_the_variables_names_such_as_are_read() -> None:
    text = (DEPLOY / "livedesk.env.example").read_text()
    assert set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE)) <= variables()


@pytest.fixture(scope="module")
def shown(redis_server: RedisServer) -> Iterator[set[str]]:
    """The names in /metrics of a process that has a socket and Redis."""
    with demo_desk("uvicorn", REDIS_URL=redis_server.url) as desk:
        yield _names_after_a_socket(desk.servers[0])


def _names_after_a_socket(server: Server) -> set[str]:
    import asyncio

    async def visit() -> str:
        socket = await Socket.of(Person(server, "carol"))
        await socket.receive()
        text = httpx.get(f"{server.url}/metrics").text
        await socket.close()
        return text

    text = asyncio.run(visit())
    helped = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    return helped | set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE))


@pytest.mark.parametrize(
    "file", ["deploy/grafana.json", "deploy/alerts.yaml", "docs/operations.md"]
)
def test_every_metric_that_is_named_is_shown(shown: set[str], file: str) -> None:
    named = set(_METRIC.findall((ROOT / file).read_text()))
    histograms = {f"{name}_bucket" for name in shown}
    assert len(named) > 5
    assert named - shown - histograms == set()


def test_every_metric_is_explained(shown: set[str]) -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    families = {n for n in shown if not n.endswith(("_bucket", "_sum", "_count", "_created"))}
    assert {name for name in families if name not in text} == set()


def test_the_dashboard_is_one() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) >= 12

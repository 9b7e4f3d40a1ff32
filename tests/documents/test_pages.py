"""Pages say what is so: links lead somewhere, names exist, made pages are current, and the whole builds without a warning."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from realtime.conf import Config
from tests.documents.samples import DOCS, mentioned, pages
from tests.package.guide import Guide
from tests.support.nursery import nursery
from tests.support.server import ROOT, Desk

each_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
_READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"|also="([A-Z_]+)"|\burl\(\s*"([A-Z_]+)"')
_PATH = re.compile(r"(?:GET |POST |PATCH |DELETE )?(/(?:api/v1|healthz|metrics|admin)[\w/-]*)")
_TARGET = re.compile(r"\bmake ((?:[a-z][a-z-]*\s*)+)")
_COMMAND = re.compile(r"manage\.py ([a-z_]+)")


def variables() -> set[str]:
    """The environment variables that the settings read."""
    files = ("settings.py", "storage.py", "reports.py")
    texts = [(ROOT / "config" / name).read_text() for name in files]
    return {name for text in texts for found in _READ.findall(text) for name in found if name}


def test_every_environment_variable_is_explained_and_every_explained_one_exists() -> None:
    table = "\n".join(
        line.split("|")[1]
        for line in (DOCS / "settings.md").read_text().splitlines()
        if line.startswith("| `")
    )
    assert set(re.findall(r"`([A-Z_]+)`", table)) == variables()


def test_every_setting_of_the_engine_is_explained_and_every_explained_one_exists() -> None:
    section = Guide(DOCS / "your-own-models.md").section("Settings")
    explained = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert explained == list(Config.__struct_fields__)


@each_page
def test_links_lead_to_files(page: Path) -> None:
    targets = _LINK.findall(page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


@each_page
def test_variables_that_a_page_names_are_read(page: Path) -> None:
    known = variables() | {"PORT", "SERVER", "TEST_DATABASE_URL", "TEST_DATABASE", "PYTEST_ARGS"}
    known |= {"INSTALLED_APPS", "ASGI_APPLICATION", "SIMPLE_JWT", "EMAIL_BACKEND"}
    names = {
        name.partition("=")[0]
        for name in mentioned(page)
        if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+(?:=.*)?", name)
    }
    stray = {n for n in names if n.startswith(("WS_", "WEBSOCKET_", "REALTIME_", "JWT_", "LOG_"))}
    assert stray <= known


@each_page
def test_commands_and_targets_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    assert set(_COMMAND.findall(text)) <= set(get_commands())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {
        target
        for span in [*mentioned(page), *re.findall(r"^make .*$", text, re.MULTILINE)]
        for found in _TARGET.findall(span.split("#")[0] if span.startswith("make ") else "")
        for target in found.split()
    }
    assert asked <= targets


@each_page
def test_paths_that_a_page_names_are_served(page: Path) -> None:
    sockets = ("/api/v1/ws/", "/ws")
    for span in mentioned(page):
        found = _PATH.fullmatch(span.partition("?")[0])
        if found and not found[1].startswith(sockets):
            try:
                match = resolve(found[1])
            except Resolver404:
                pytest.fail(f"{page.name} names {span}, which is not served")
            assert match.func.__name__ != "not_found", span


@each_page
def test_files_that_a_page_names_exist(page: Path) -> None:
    roots = (
        "clients/",
        "config/",
        "deploy/",
        "docs/",
        "examples/",
        "notifications/",
        "realtime/",
        "templates/",
        "tests/",
        "tickets/",
    )
    named = {s.split()[-1] for s in mentioned(page) if s.split()[-1].startswith(roots)}
    assert [name for name in named if "<" not in name and not (ROOT / name).exists()] == []


def test_the_pages_that_are_made_from_the_code_are_current() -> None:
    _run("manage.py", "write_reference", "--check")


def test_the_pages_build_without_a_warning_and_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    _run("-m", "sphinx", "-W", "-q", "-b", "html", str(DOCS), str(tmp_path))
    remote = re.compile(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//')
    found = [f.name for f in tmp_path.rglob("*.html") if remote.search(f.read_text())]
    assert found == []


def _run(*command: str) -> None:
    with closing(Desk()) as desk:
        done = nursery().run(command, desk.environment)
    assert done.returncode == 0, done.stdout + done.stderr

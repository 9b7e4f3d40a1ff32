"""Settings for production: nothing is made up, the checks are clean, pages of errors tell nothing."""

from __future__ import annotations

import secrets
from pathlib import Path
from subprocess import CompletedProcess

import httpx

from tests.support.nursery import nursery
from tests.support.server import Desk


def _check(tmp_path: Path, *options: str, **environment: str) -> CompletedProcess[str]:
    whole = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), "DEBUG": "0", **environment}
    return nursery().run(["manage.py", "check", *options], whole)


def test_without_a_secret_key_production_does_not_start(tmp_path: Path) -> None:
    done = _check(tmp_path)
    assert done.returncode == 1
    assert "SECRET_KEY is missing" in done.stderr
    assert not (tmp_path / "secret-key").exists()


def test_the_checks_for_production_find_nothing(tmp_path: Path) -> None:
    for_production = ("--deploy", "--fail-level", "WARNING")
    careless = _check(tmp_path, *for_production, SECRET_KEY="short")
    assert careless.returncode == 1
    assert "security.W009" in careless.stderr
    assert "manage.py collectstatic" in careless.stderr
    (tmp_path / "static" / "staticfiles.json").write_text("{}")
    done = _check(tmp_path, *for_production, SECRET_KEY=secrets.token_urlsafe(50))
    assert done.returncode == 0, done.stderr
    assert "0 silenced" not in done.stdout


def test_pages_of_errors_tell_nothing_and_cookies_keep_to_https() -> None:
    desk = Desk(DEBUG="0", SECRET_KEY=secrets.token_urlsafe(50))
    try:
        desk.create_demo()
        desk.manage("collectstatic", "--noinput", "-v", "0")
        server = desk.serve("uvicorn")
        for path in ("/nowhere", "/api/v1/nowhere/", "/admin/nowhere/"):
            page = httpx.get(server.url + path, follow_redirects=True)
            assert "Traceback" not in page.text and "config.urls" not in page.text
        cookie = httpx.get(f"{server.url}/admin/login/").headers["Set-Cookie"]
        assert "Secure" in cookie
        assert "server" not in httpx.get(f"{server.url}/healthz").headers
        strange = httpx.get(f"{server.url}/", headers={"Host": "evil.example"})
        assert strange.status_code == 400
    finally:
        desk.close()

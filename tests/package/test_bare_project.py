"""docs/your-own-models.md, followed to the letter: from the wheel to an admin edit that arrives on a socket."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import websockets

from tests.package.guide import Guide
from tests.package.project import Bare, build_wheel
from tests.support.admin import AdminVisitor
from tests.support.ports import free_port, wait_until
from tests.support.server import ROOT

GUIDE = Guide(ROOT / "docs" / "your-own-models.md")
# One project for all of them.
pytestmark = pytest.mark.xdist_group("package")

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    """The project as it stands after the guide's first three sections."""
    folder = tmp_path_factory.mktemp("package")
    project = Bare(folder, build_wheel(folder))
    build, *environment, install, start, app = GUIDE.commands("Install")
    assert build == ["make", "package"]
    assert [command[0] for command in environment] == ["mkdir", "cd", "python3.11", "."]
    assert install[:4] == ["python", "-m", "pip", "install"]
    for command in (start, app):
        project.run(command)
    for title in ("A model", "Eleven lines"):
        for file in GUIDE.files(title):
            file.write_into(project.folder)
    return project


@pytest.fixture(scope="module")
def served(bare: Bare) -> Iterator[str]:
    """The address of the project, served as the guide says."""
    for command in GUIDE.commands("See it")[:-1]:
        if command[-1] == "createsuperuser":
            bare.run(
                [*command, "--noinput"],
                DJANGO_SUPERUSER_USERNAME="ada",
                DJANGO_SUPERUSER_PASSWORD=PASSWORD,
                DJANGO_SUPERUSER_EMAIL="ada@example.com",
            )
        else:
            bare.run(command)
    with serving(bare) as url:
        yield url


@contextmanager
def serving(bare: Bare, **environment: str) -> Iterator[str]:
    *_, serve = GUIDE.commands("See it")
    port = free_port()
    log = bare.folder / "server.log"
    process = subprocess.Popen(
        [*bare.as_here(serve), "--port", str(port)],
        cwd=bare.folder,
        env={**bare.variables, **environment},
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    url = f"http://localhost:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{url}/admin/login/", verify=False).status_code == 200
        except httpx.TransportError:
            return False

    wait_until(answers, seconds=40, what="the start of the bare project")
    yield url
    process.terminate()
    assert process.wait(20) == 0


MEMBERS = {
    "members/__init__.py": "",
    "members/models.py": """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Member(AbstractBaseUser):
    email = models.EmailField(unique=True)
    objects = BaseUserManager()
    USERNAME_FIELD = "email"
""",
    "mysite/with_members.py": """
from mysite.settings import *

INSTALLED_APPS += ["members"]
AUTH_USER_MODEL = "members.Member"
DATABASES["default"]["NAME"] = BASE_DIR / "members.sqlite3"
""",
}
SIGN_IN = """
from django.contrib.auth import get_user_model
from realtime.auth.logins import start_login
member = get_user_model().objects.create(email="ada@example.com", password="")
print(start_login(user=member).access)
"""


async def test_users_may_be_a_model_of_ones_own_that_knows_no_staff_and_no_admin(
    bare: Bare,
) -> None:
    for path, code in MEMBERS.items():
        (bare.folder / path).parent.mkdir(exist_ok=True)
        (bare.folder / path).write_text(code)
    own = {"DJANGO_SETTINGS_MODULE": "mysite.with_members"}
    for command in ("makemigrations polls members", "migrate", "check --fail-level WARNING"):
        bare.run(["python", "manage.py", *command.split()], **own)
    access = bare.run(["python", "manage.py", "shell", "-v", "0", "-c", SIGN_IN], **own).strip()
    with serving(bare, **own) as url:
        address = f"{url.replace('http', 'ws')}/ws?token={access}"
        async with websockets.connect(address) as socket:
            await socket.send('{"type": "ping"}')
            assert json.loads(await socket.recv())["type"] == "pong"
    assert "FieldError" not in (bare.folder / "server.log").read_text()


async def test_an_admin_edit_arrives_on_a_socket(served: str) -> None:
    login = {"username": "ada", "password": PASSWORD}
    access = httpx.post(f"{served}/api/v1/auth/token/", json=login).json()["access"]
    admin = AdminVisitor(served, "ada", PASSWORD)
    admin.save("/admin/polls/question/add/", text="Tea?", status="draft")
    address = f"{served.replace('http', 'ws')}/api/v1/ws/connect?token={access}"
    async with websockets.connect(address) as socket:
        assert json.loads(await socket.recv())["type"] == "connected"
        await socket.send('{"type": "join_room", "room": "question:1"}')
        joined = json.loads(await socket.recv())
        assert joined["type"] == "room_joined"
        assert joined["data"]["seq"] >= 1
        admin.save("/admin/polls/question/1/change/", text="Coffee?", status="draft")
        event = json.loads(await socket.recv())
        assert event["type"] == "question.updated"
        assert event["seq"] == joined["data"]["seq"] + 1
        assert (event["room"], event["sender"]) == ("question:1", "ada")
        assert event["data"]["text"] == "Coffee?"


def test_the_engines_rest_needs_no_settings_of_its_own(served: str) -> None:
    login = {"username": "ada", "password": PASSWORD}
    api = httpx.Client(base_url=f"{served}/api/v1/")
    wrong = api.post("auth/token/", json={**login, "password": "guess"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthorized")
    tokens = api.post("auth/token/", json=login).json()
    api.headers["Authorization"] = f"Bearer {tokens['access']}"
    assert api.get("auth/me/").json()["username"] == "ada"
    assert api.get("presence/").status_code == 200
    refused = api.post("realtime/publish/", json={}, headers={"Authorization": "Api-Key x"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Api-Key")
    refused = api.post("hooks/nothing/", json={"content": "Hi"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    refused = api.post(
        "hooks/nothing/", content="[" * 200_000, headers={"Content-Type": "application/json"}
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "parse_error")
    polled = api.get("realtime/events/?room=question:1&wait=0")
    assert polled.json()["events"] == []


def test_the_admin_has_its_style_sheets_while_one_develops(served: str) -> None:
    assert httpx.get(f"{served}/static/admin/css/base.css").status_code == 200


def test_it_takes_eleven_lines(bare: Bare) -> None:
    lines = [
        line
        for file in GUIDE.files("Eleven lines")
        for line in file.code.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert len(lines) == 11, lines


def test_the_project_passes_the_checks_and_has_no_migration_to_make(
    bare: Bare, served: str
) -> None:
    bare.run(["python", "manage.py", "check", "--fail-level", "WARNING"])
    bare.run(["python", "manage.py", "makemigrations", "--check", "--dry-run"])


def test_the_tests_that_the_guide_shows_pass_with_the_declaration_that_it_shows(
    bare: Bare, served: str
) -> None:
    kept = (bare.folder / "polls/topics.py").read_text()
    files = GUIDE.files("What a declaration says")
    files += GUIDE.files("Test that listeners are told everything")
    for file in files:
        file.write_into(bare.folder)
    try:
        bare.run(["python", "manage.py", "test", "polls"])
    finally:
        (bare.folder / "polls/topics.py").write_text(kept)


def test_what_the_guide_tells_to_write_elsewhere_works(bare: Bare, served: str) -> None:
    """The snippets about what isn't a row, and what isn't seen, run in the project's shell."""
    before = (
        "import realtime\nfrom django.contrib.auth.models import User\nuser = User.objects.get()\n"
    )
    for snippet in GUIDE.snippets():
        bare.run(["python", "manage.py", "shell", "-v", "0", "-c", before + snippet])

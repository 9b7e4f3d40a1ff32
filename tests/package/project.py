"""A virtual environment and a bare project in a folder of their own, with the wheel and what it says it needs; nothing is downloaded."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.server import ROOT


def build_wheel(folder: Path) -> Path:
    """What ``make package`` makes."""
    done = subprocess.run(
        ["make", "-s", "package", f"DIST={folder}/dist", f"BUILD={folder}/build", *_as_installed()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def _as_installed() -> list[str]:
    """The environment of the tests serves, as it is."""
    folder = Path(sys.prefix)
    return [f"VENV={folder}", "-o", f"{folder}/.installed", "-o", f"{folder}/.installed-dev"]


class Bare:
    """A project that sees the packages that the wheel asks for, and theirs, and no others."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self._environment = folder / "venv"
        venv.create(self._environment, with_pip=False, symlinks=True)
        self._pip("install", "--quiet", "--no-index", "--no-deps", str(wheel))
        self._link_what_it_needs()

    @property
    def python(self) -> str:
        return str(self._environment / "bin" / "python")

    def run(self, command: list[str], **environment: str) -> str:
        """Runs a command of the guide in the project.

        Raises:
            AssertionError: it failed; the text is its output.
        """
        done = subprocess.run(
            self.as_here(command),
            cwd=self.folder,
            env={**self.variables, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def as_here(self, command: list[str]) -> list[str]:
        """``python`` and ``django-admin`` are those of the environment."""
        if command[0] == "django-admin":
            return [self.python, "-m", "django", *command[1:]]
        assert command[0] == "python", command
        return [self.python, *command[1:]]

    @property
    def variables(self) -> dict[str, str]:
        """No variable of this project reaches the other."""
        return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    def _pip(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", self.python, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    def _link_what_it_needs(self) -> None:
        site = next(self._environment.glob("lib/python*/site-packages"))
        for name in _closure("livedesk-realtime", site):
            files = metadata.distribution(name).files or []
            for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
                source = metadata.distribution(name).locate_file(top)
                if not (site / top).exists():
                    (site / top).symlink_to(str(source))


def _closure(root: str, site: Path) -> set[str]:
    """The names of the distributions that one needs, and that those need."""
    (wheel,) = metadata.distributions(name=root, path=[str(site)])
    found: set[str] = set()
    waiting = [Requirement(text) for text in wheel.requires or []]
    while waiting:
        wanted = waiting.pop()
        extras = wanted.extras or {""}
        if wanted.marker and not any(wanted.marker.evaluate({"extra": e}) for e in extras):
            continue
        installed = metadata.distribution(wanted.name)
        assert wanted.specifier.contains(installed.version, prereleases=True), wanted
        if wanted.name in found:
            continue
        found.add(wanted.name)
        for text in installed.requires or []:
            needed = Requirement(text)
            chosen = any(not needed.marker or needed.marker.evaluate({"extra": e}) for e in extras)
            if chosen:
                needed.marker = None
                waiting.append(needed)
    return found

"""docs/your-own-models.md as a program: its code blocks by file, its commands by section."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<head>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r'python title="(?P<path>[^"]+)"(?P<append> append)?')


@dataclass(frozen=True)
class File:
    """A block of code and the file that it is, or is appended to."""

    path: str
    code: str
    append: bool

    def write_into(self, project: Path) -> None:
        with (project / self.path).open("a" if self.append else "w") as file:
            file.write(f"\n{self.code}" if self.append else self.code)


class Guide:
    def __init__(self, path: Path) -> None:
        self._text = path.read_text()

    def section(self, title: str) -> str:
        """The text below a heading."""
        return self._text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]

    def files(self, title: str) -> list[File]:
        """The files that a section tells to write, in order."""
        found = []
        for block in _BLOCK.finditer(self.section(title)):
            if named := _FILE.fullmatch(block["head"]):
                found.append(File(named["path"], block["body"], bool(named["append"])))
        return found

    def commands(self, title: str) -> list[list[str]]:
        """The commands of a section's first shell block, in order."""
        block = next(b for b in _BLOCK.finditer(self.section(title)) if b["head"] == "sh")
        lines = block["body"].replace("\\\n", " ").splitlines()
        parts = [part for line in lines for part in line.split("#")[0].split("&&")]
        return [shlex.split(part) for part in parts if part.strip()]

    def snippets(self) -> list[str]:
        """The blocks of Python that belong to no file."""
        return [b["body"] for b in _BLOCK.finditer(self._text) if b["head"] == "python"]

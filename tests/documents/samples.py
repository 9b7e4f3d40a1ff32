"""What docs/ tells people to type: the blocks that are marked with ``<!-- run -->``, and the names that pages mention."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import ROOT

DOCS = ROOT / "docs"
_RUN = re.compile(
    r"<!-- run -->\n```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Sample:
    page: str
    language: str
    code: str


def samples(language: str) -> list[Sample]:
    """Those of all pages; shell blocks of one page are one sample, since they share variables."""
    found = []
    for file in pages():
        codes = [m["code"] for m in _RUN.finditer(file.read_text()) if m["language"] == language]
        if codes and language == "sh":
            codes = ["\n".join(codes)]
        found += [Sample(file.name, language, code) for code in codes]
    return found


def pages() -> list[Path]:
    """The pages that people wrote, and the files of the top level."""
    made = {"protocol.md", "rest.md"}
    return [
        *(file for file in sorted(DOCS.glob("*.md")) if file.name not in made),
        *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    ]


def mentioned(page: Path) -> set[str]:
    """What stands between backticks in the text of a page."""
    return set(_INLINE.findall(_BLOCK.sub("", page.read_text())))

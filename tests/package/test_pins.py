"""What is pinned can be installed with Debian 12's Python, the oldest that people have."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.support.server import ROOT

OLDEST = "3.11.2"
FILES = ("requirements.txt", "requirements-observability.txt", "requirements-dev.txt")


def pins() -> Iterator[Requirement]:
    for name in FILES:
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-")):
                yield Requirement(line)


INSTALLED = [pin.name for pin in pins() if pin.marker is None or pin.marker.evaluate()]


@pytest.mark.parametrize("name", INSTALLED)
def test_a_pin_takes_the_oldest_python_and_all_that_it_needs_there_is_pinned(name: str) -> None:
    package = distribution(name)
    assert OLDEST in SpecifierSet(package.metadata.get("Requires-Python", ""))

    there = {"python_full_version": OLDEST, "python_version": "3.11", "extra": ""}
    needed = [Requirement(text) for text in package.requires or []]
    wanted = {
        canonicalize_name(one.name)
        for one in needed
        if one.marker is None or one.marker.evaluate(there)
    }
    assert wanted <= {canonicalize_name(pin.name) for pin in pins()}

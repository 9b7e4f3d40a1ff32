from __future__ import annotations

from typing import Any

import pytest

from examples.projects.demo import create_demo
from examples.projects.models import Project


@pytest.fixture
def project(alice: Any, bob: Any, carol: Any, dave: Any) -> Project:
    """The demo's project."""
    create_demo([alice, bob, carol])
    return Project.objects.get()

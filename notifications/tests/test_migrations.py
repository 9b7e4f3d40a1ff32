"""Models and migrations agree."""

from __future__ import annotations

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_model_has_changed_since_its_last_migration() -> None:
    # "auth": the engine watches its models, which must not look like a change of them.
    call_command("makemigrations", "notifications", "jobs", "auth", check=True, dry_run=True)

"""Demo rows."""

from __future__ import annotations

from typing import Any

from waffle.models import Flag


def create_demo(testers: list[Any]) -> None:
    """A flag that is on for ``testers``, and one that is off for everybody."""
    editor: Any = Flag.objects.create(name="new-editor", note="The page /examples/flags/ shows it.")
    editor.users.add(*testers)
    Flag.objects.create(name="night-mode", everyone=False)

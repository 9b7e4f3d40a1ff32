"""A process that was forked has its parent's memory, and none of its threads and event loops."""

from __future__ import annotations

import os
from collections.abc import Callable


def in_a_child(forget: Callable[[], object]) -> None:
    """Calls ``forget`` in each process that is forked from this one, where processes can be."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)

"""The demo's data: the desk's, and the example apps'."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import transaction

from examples.flags.demo import create_demo as create_flags
from examples.gifting.demo import create_demo as create_gifting
from examples.inventory.demo import create_demo as create_inventory
from examples.projects.demo import create_demo as create_projects
from tickets.demo import create_demo as create_desk

LOGINS = [
    ("admin", "admin", "the Django admin"),
    ("alice", "Secret123", "agent"),
    ("bob", "Secret123", "agent"),
    ("carol", "Secret123", "customer"),
    ("dave", "Secret123", "customer"),
]


@transaction.atomic
def create_demo() -> bool:
    """Makes the demo's people and rows; False, and nothing done, where there are users already."""
    if get_user_model()._default_manager.exists():
        return False
    people = create_desk()
    members = [people[name] for name in ("alice", "bob", "carol")]
    create_projects(members)
    create_gifting(members)
    create_inventory()
    create_flags([people["carol"]])
    return True

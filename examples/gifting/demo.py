"""Demo rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from examples.gifting.models import Family, FamilyMember, Gift, Item, List, Occasion


def create_demo(members: Iterable[Any]) -> None:
    """One family with a list, an occasion and a few things on them, seen by ``members``."""
    people = list(members)
    family = Family.objects.create(name="The Millers")
    for user in people:
        FamilyMember.objects.create(family=family, user=user)
    wishes = List.objects.create(family=family, name="Birthday wishes")
    Item.objects.create(list=wishes, name="Headphones")
    Item.objects.create(list=wishes, name="Board game", status="reserved", assignee=people[-1])
    birthday = Occasion.objects.create(family=family, name="Grandma's 80th", date=date(2027, 3, 14))
    Gift.objects.create(occasion=birthday, name="Photo album", assignee=people[0])

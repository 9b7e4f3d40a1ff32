"""Demo rows."""

from __future__ import annotations

from examples.inventory.models import Item


def create_demo() -> None:
    """Three items, all well in stock."""
    for name, quantity, threshold in (("Toner", 25, 10), ("Headsets", 12, 5), ("Keyboards", 40, 8)):
        Item.objects.create(name=name, quantity=quantity, threshold=threshold)

"""The staff hears of low stock once for each crossing of the threshold, whoever changed the row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

import realtime
from examples.inventory.api import StockItemSerializer
from examples.inventory.models import Item


class LowStockSerializer(serializers.Serializer[Any]):
    items = StockItemSerializer(many=True)


realtime.topic("stock", authorize=lambda user: user.is_staff, members=False)
realtime.event(
    "inventory.low_stock",
    schema=LowStockSerializer,
    alias="inventory.low_stock",
    summary="The quantity of these items fell to their threshold or below.",
)
realtime.live(
    Item,
    topics=lambda item: ["stock"],
    data=lambda item: {"items": [StockItemSerializer(item).data]},
    events={"created": None, "updated": None, "deleted": None},
    changed={"is_low": lambda item: "inventory.low_stock" if item.is_low else None},
)


@realtime.personal_topics
def _staff_hears_of_stock(user: Any) -> Iterable[str]:
    return ["stock"] if user.is_staff else []

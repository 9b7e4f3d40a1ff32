"""Who hears of lists, occasions, items and gifts."""

from __future__ import annotations

from typing import Any

import realtime
from examples.gifting.models import Comment, Family, FamilyMember, Gift, Item, List, Occasion
from examples.gifting.serializers import (
    CommentSerializer,
    GiftSerializer,
    ItemSerializer,
    ListSerializer,
    OccasionSerializer,
)


def is_family(user: Any, **of: Any) -> bool:
    return Family.objects.filter(members=user, **of).exists()


def is_in_every_family(user: Any) -> bool:
    """The topics of all items and gifts know no families, so they are for those who may see all."""
    return is_family(user) and not Family.objects.exclude(members=user).exists()


members = realtime.Dependency(FamilyMember, scopes=lambda row: [f"user:{row.user_id}"])
families = realtime.Dependency(
    Family, scopes=lambda row: ["kind:list-items", "kind:gifts"], on_create=True
)

realtime.topic(
    "list:<int:pk>",
    authorize=lambda user, pk: is_family(user, lists=pk),
    depends_on=[
        members,
        realtime.Dependency(List, lambda row: [f"topic:list:{row.pk}"], {"family"}),
    ],
)
realtime.topic(
    "occasion:<int:pk>",
    authorize=lambda user, pk: is_family(user, occasions=pk),
    depends_on=[
        realtime.Dependency(Occasion, lambda row: [f"topic:occasion:{row.pk}"], {"family"})
    ],
)
realtime.topic("list-items:all", authorize=is_in_every_family, depends_on=[families])
realtime.topic("gifts:all", authorize=is_in_every_family)

realtime.live(List, topics=lambda row: [f"list:{row.pk}"], data=ListSerializer)
realtime.live(Occasion, topics=lambda row: [f"occasion:{row.pk}"], data=OccasionSerializer)
realtime.live(
    Item,
    topics=lambda item: [f"list:{item.list_id}", "list-items:all"],
    data=ItemSerializer,
    changed={"status": "item.status_changed", "assignee": "item.assigned"},
)
realtime.live(
    Gift,
    topics=lambda gift: [f"occasion:{gift.occasion_id}", "gifts:all"],
    data=GiftSerializer,
    changed={"status": "gift.status_changed", "assignee": "gift.assigned"},
)
realtime.live(
    Comment,
    topics=lambda comment: [f"list:{comment.item.list_id}"],
    fetch=["item"],
    data=CommentSerializer,
    events={"created": "message.new", "updated": "message.edited", "deleted": "message.deleted"},
    withdraws={"content": ""},
)

"""REST of the gifting example."""

from __future__ import annotations

from typing import Any

from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer

from examples.gifting.models import Comment, Gift, Item, List, Occasion
from examples.gifting.serializers import (
    CommentSerializer,
    GiftSerializer,
    ItemSerializer,
    ListSerializer,
    OccasionSerializer,
)
from examples.membership import MemberViewSet


class ListViewSet(MemberViewSet):
    """Wish lists of the caller's families."""

    model, members, serializer_class = List, "family__members", ListSerializer


class OccasionViewSet(MemberViewSet):
    """Occasions of the caller's families."""

    model, members, serializer_class = Occasion, "family__members", OccasionSerializer


class ItemViewSet(MemberViewSet):
    """What is on the lists of the caller's families."""

    model, members, serializer_class = Item, "list__family__members", ItemSerializer


class GiftViewSet(MemberViewSet):
    """Gifts for the occasions of the caller's families."""

    model, members, serializer_class = Gift, "occasion__family__members", GiftSerializer


class CommentViewSet(MemberViewSet):
    """What was said about items of the lists that the caller sees."""

    model, members, serializer_class = Comment, "item__list__family__members", CommentSerializer
    http_method_names = ["get", "post", "head", "options"]

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(author=self.request.user)


router = SimpleRouter()
router.register("lists", ListViewSet, basename="list")
router.register("occasions", OccasionViewSet, basename="occasion")
router.register("items", ItemViewSet, basename="item")
router.register("gifts", GiftViewSet, basename="gift")
router.register("comments", CommentViewSet, basename="comment")

"""How lists, items, occasions and gifts look in REST and in events."""

from __future__ import annotations

from rest_framework import serializers

from examples.gifting.models import Comment, Family, Gift, Item, List, Occasion
from examples.membership import own

OwnFamily, OwnList, OwnOccasion, OwnItem = (
    own("members"),
    own("family__members"),
    own("family__members"),
    own("list__family__members"),
)


class ListSerializer(serializers.ModelSerializer[List]):
    family = OwnFamily(queryset=Family.objects.all())

    class Meta:
        model = List
        fields = ["id", "family", "name"]


class OccasionSerializer(serializers.ModelSerializer[Occasion]):
    family = OwnFamily(queryset=Family.objects.all())

    class Meta:
        model = Occasion
        fields = ["id", "family", "name", "date"]


class ItemSerializer(serializers.ModelSerializer[Item]):
    list = OwnList(queryset=List.objects.all(), write_only=True)
    list_id = serializers.IntegerField(read_only=True)
    assignee_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Item
        fields = ["id", "list", "list_id", "name", "status", "assignee", "assignee_id"]
        extra_kwargs = {"assignee": {"write_only": True}}


class GiftSerializer(serializers.ModelSerializer[Gift]):
    occasion = OwnOccasion(queryset=Occasion.objects.all(), write_only=True)
    occasion_id = serializers.IntegerField(read_only=True)
    assignee_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Gift
        fields = ["id", "occasion", "occasion_id", "name", "status", "assignee", "assignee_id"]
        extra_kwargs = {"assignee": {"write_only": True}}


class CommentSerializer(serializers.ModelSerializer[Comment]):
    item = OwnItem(queryset=Item.objects.all())
    author_id = serializers.IntegerField(read_only=True)

    class Meta:
        model = Comment
        fields = ["id", "item", "author_id", "content", "created_at"]

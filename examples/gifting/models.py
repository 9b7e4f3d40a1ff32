"""A family's wish lists and occasions."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Family(models.Model):
    name = models.CharField(max_length=120)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="FamilyMember", related_name="families"
    )

    class Meta:
        verbose_name_plural = "families"

    def __str__(self) -> str:
        return self.name


class FamilyMember(models.Model):
    family = models.ForeignKey(Family, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["family", "user"], name="gifting_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.family}"


class List(models.Model):
    family = models.ForeignKey(Family, models.CASCADE, related_name="lists")
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class Occasion(models.Model):
    family = models.ForeignKey(Family, models.CASCADE, related_name="occasions")
    name = models.CharField(max_length=120)
    date = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESERVED = "reserved", "Reserved"
        BOUGHT = "bought", "Bought"

    list = models.ForeignKey(List, models.CASCADE, related_name="items")
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.name


class Gift(models.Model):
    class Status(models.TextChoices):
        IDEA = "idea", "Idea"
        READY = "ready", "Ready"
        GIVEN = "given", "Given"

    occasion = models.ForeignKey(Occasion, models.CASCADE, related_name="gifts")
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.IDEA)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.name


class Comment(models.Model):
    """What somebody says about an item."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    content = models.CharField(max_length=1000)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.content[:60]

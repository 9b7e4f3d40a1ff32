"""A shop with everything that Django's models can be."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.db.models.signals import post_save
from django.dispatch import receiver


class Label(models.Model):
    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class Shop(models.Model):
    name = models.CharField(max_length=50)
    staff = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Job", related_name="+")

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    shop = models.ForeignKey(Shop, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user} at {self.shop}"


class Supplier(models.Model):
    """Not live, and takes its articles along when it goes."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="articles")
    supplier = models.ForeignKey(Supplier, models.CASCADE, null=True)
    name = models.CharField(max_length=50)
    status = models.CharField(max_length=20, default="new")
    stock = models.IntegerField(default=0)
    hidden = models.BooleanField(default=False)
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    labels = models.ManyToManyField(Label, related_name="articles")
    goes_with = models.ManyToManyField("self")
    looked_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)
    seq = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Bargain(Article):
    """A proxy."""

    class Meta:
        proxy = True


class Book(Article):
    """A table of its own beside its parent's."""

    isbn = models.CharField(max_length=20)


class Space(models.Model):
    """Not live, unlike its children."""

    name = models.CharField(max_length=50)
    labels = models.ManyToManyField(Label, related_name="spaces")

    def __str__(self) -> str:
        return self.name


class Stall(Space):
    number = models.IntegerField()


class Booth(Space):
    """Another child, so that one space may be both."""

    lit = models.BooleanField(default=False)


class Receipt(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    total = models.IntegerField(default=0)

    def __str__(self) -> str:
        return str(self.total)


class Price(models.Model):
    """Has something unique beside its key."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    amount = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "currency"], name="shop_price_once")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class Voucher(models.Model):
    """May have a code, which no other has; and of names that differ in case only there is one."""

    name = models.CharField(max_length=50)
    code = models.CharField(max_length=20, null=True, unique=True)
    uses = models.IntegerField(db_default=1)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="shop_voucher_name_once")]

    def __str__(self) -> str:
        return self.name


@receiver(post_save, sender=Receipt)
def _round_up(instance: Receipt, **_: object) -> None:
    """Somebody's receiver that is connected before the engine's, and saves the row again."""
    if instance.total % 10:
        instance.total += 10 - instance.total % 10
        instance.save()

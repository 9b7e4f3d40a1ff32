"""What is in stock."""

from __future__ import annotations

from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField(default=0)
    threshold = models.PositiveIntegerField(
        default=10, help_text="The staff is told when the quantity falls to this or below."
    )

    def __str__(self) -> str:
        return self.name

    @property
    def is_low(self) -> bool:
        return self.quantity <= self.threshold

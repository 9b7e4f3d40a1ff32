"""REST of the inventory example: for the staff."""

from __future__ import annotations

from rest_framework import permissions, serializers, viewsets
from rest_framework.routers import SimpleRouter

from examples.inventory.models import Item


class StockItemSerializer(serializers.ModelSerializer[Item]):
    class Meta:
        model = Item
        fields = ["id", "name", "quantity", "threshold"]


class StockViewSet(viewsets.ModelViewSet[Item]):
    """What is in stock: for the staff."""

    permission_classes = [permissions.IsAdminUser]
    queryset = Item.objects.order_by("pk")
    serializer_class = StockItemSerializer


router = SimpleRouter()
router.register("stock", StockViewSet, basename="stock")

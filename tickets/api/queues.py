"""REST of queues."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.permissions import IsAuthenticated

from tickets.api.lookup import user_of
from tickets.models import Queue
from tickets.pagination import ByName
from tickets.selectors.access import visible_queues
from tickets.serializers.queue import QueueSerializer


@extend_schema_view(
    list=extend_schema(summary="The queues one can file a ticket in"),
    retrieve=extend_schema(summary="One queue"),
)
class QueueViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Queue]
):
    permission_classes = [IsAuthenticated]
    serializer_class = QueueSerializer
    pagination_class = ByName
    filter_backends = []
    lookup_field = "slug"
    lookup_value_converter = "slug"
    queryset = Queue.objects.none()

    def get_queryset(self) -> QuerySet[Queue]:
        return visible_queues(user_of(self.request))

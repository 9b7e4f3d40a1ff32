"""Below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from tickets.api.attachments import (
    AttachmentLinkView,
    AttachmentsView,
    AttachmentView,
    ThumbnailView,
)
from tickets.api.audit import TicketEventsView
from tickets.api.desk import CannedReplyViewSet, SavedFilterViewSet, TagViewSet
from tickets.api.messages import MessagesView, MessageView, ReactionsView, ReactionView
from tickets.api.people import AgentsView, ParticipantsView, ParticipantView
from tickets.api.queues import QueueViewSet
from tickets.api.rating import RatingView
from tickets.api.search import SearchView
from tickets.api.stats import DashboardView, ReportView
from tickets.api.tickets import TicketViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tickets", TicketViewSet, basename="ticket")
router.register("canned-replies", CannedReplyViewSet, basename="canned-reply")
router.register("saved-filters", SavedFilterViewSet, basename="saved-filter")
router.register("tags", TagViewSet, basename="tag")
router.register("queues", QueueViewSet, basename="queue")

_TICKET = "tickets/<uuid:ticket_id>/"
_MESSAGE = f"{_TICKET}messages/<uuid:message_id>/"
_ATTACHMENT = f"{_TICKET}attachments/<uuid:attachment_id>/"

urlpatterns = [
    path(f"{_TICKET}messages/", MessagesView.as_view()),
    path(_MESSAGE, MessageView.as_view()),
    path(f"{_MESSAGE}reactions/", ReactionsView.as_view()),
    path(f"{_MESSAGE}reactions/<str:emoji>/", ReactionView.as_view()),
    path(f"{_TICKET}participants/", ParticipantsView.as_view()),
    path(f"{_TICKET}participants/<int:user_id>/", ParticipantView.as_view()),
    path(f"{_TICKET}events/", TicketEventsView.as_view()),
    path(f"{_TICKET}attachments/", AttachmentsView.as_view()),
    path(_ATTACHMENT, AttachmentView.as_view()),
    path(f"{_ATTACHMENT}link/", AttachmentLinkView.as_view()),
    path(f"{_ATTACHMENT}thumbnail/", ThumbnailView.as_view()),
    path("agents/", AgentsView.as_view()),
    path("search/", SearchView.as_view()),
    path(f"{_TICKET}rating/", RatingView.as_view()),
    path("dashboard/stats/", DashboardView.as_view()),
    path("stats/", ReportView.as_view()),
    *router.urls,
]

"""E-mails and pushes that went out or failed, and e-mails that came in."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from notifications.models import Delivery, InboundMessage
from notifications.services.deliveries import try_again
from realtime.admin.looks import ReadOnlyAdmin


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Each e-mail and push: when it goes or went out, and why not."""

    deletable = True
    list_display = ["__str__", "user", "outcome", "attempts", "due_at", "sent_at", "short_reason"]
    list_filter = ["status", "channel", "digest", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "address", "message_id", "reason"]
    exclude = ["reply_token"]  # who knows it can answer in the user's name
    show_full_result_count = False
    actions = ["send_again"]

    @display(  # type: ignore[untyped-decorator]
        description="status",
        ordering="status",
        label={"queued": "info", "sent": "success", "failed": "danger", "skipped": "warning"},
    )
    def outcome(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    @admin.display(description="reason")
    def short_reason(self, delivery: Delivery) -> str:
        return delivery.reason[:80]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_delivery")

    @admin.action(description="Send failed and skipped ones again", permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        messages.success(request, f"{try_again(chosen)} will be tried again within seconds.")


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnlyAdmin):
    """E-mails that came in, and why one was refused."""

    deletable = True
    list_display = ["sender", "subject", "user", "target", "status", "reason", "received_at"]
    list_filter = ["status", "received_at"]
    list_select_related = ["user"]
    search_fields = ["sender", "subject", "message_id", "target"]
    show_full_result_count = False

from __future__ import annotations

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """Takes the replies that come by e-mail."""

    name = "tickets"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Tickets"

    def ready(self) -> None:
        from notifications.inbound.handlers import register_reply_handler
        from tickets.reply_by_email import take_reply

        register_reply_handler("ticket", take_reply)

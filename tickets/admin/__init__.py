"""The desk in the admin. Whatever is done here goes through the services: it obeys the states, and reaches open sockets."""

from tickets.admin import audit, desk, messages, queues, tickets

__all__ = ["audit", "desk", "messages", "queues", "tickets"]

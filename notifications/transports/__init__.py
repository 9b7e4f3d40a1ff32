"""The ways out: each takes deliveries and sends them as one message."""

from notifications.transports.base import SendingFailed, Sent, Transport

__all__ = ["SendingFailed", "Sent", "Transport"]

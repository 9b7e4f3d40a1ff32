"""Somebody with more tickets than a page can hold at once."""

from __future__ import annotations

from tests.support.server import Desk

OWNER = "erin"


def file_ten_thousand_tickets(desk: Desk) -> None:
    """Makes `OWNER`, a customer, and her tickets, past the event log."""
    desk.shell(
        "from django.contrib.auth.models import User\n"
        "from django.db.models import QuerySet\n"
        "from tickets.models import Queue, Ticket\n"
        f"owner = User.objects.create_user('{OWNER}', '{OWNER}@example.com', 'Secret123')\n"
        "hall = Queue.objects.create(slug='hall', name='Hall')\n"
        "row = lambda n: Ticket(number=100_000 + n, subject=f'Row {n}', requester=owner, queue=hall)\n"
        # A plain query set: ten thousand events that nobody hears would only take time.
        "QuerySet(Ticket).bulk_create([row(n) for n in range(10_000)], batch_size=500)\n"
    )


def remove_ten_thousand_tickets(desk: Desk) -> None:
    """Leaves a desk as it was: all that others ask of it would take longer."""
    desk.shell(
        "from django.contrib.auth.models import User\n"
        "from tickets.models import Queue, Ticket\n"
        "hall = Queue.objects.get(slug='hall')\n"
        "Ticket.objects.filter(queue=hall)._raw_delete('default')\n"
        "hall.delete()\n"
        f"User.objects.get(username='{OWNER}').delete()\n"
    )

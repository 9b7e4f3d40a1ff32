"""``manage.py time_desk``: how long the desk's pages take on the server, and how the database finds their rows."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tickets.models import Message, Ticket

_ROUNDS = 7


class Command(BaseCommand):
    help = "Times the inbox, the search and a ticket for an agent, a customer and a superuser."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plans", action="store_true", help="show the plan of each query")

    def handle(self, *args: Any, **options: Any) -> None:
        people = self._people()
        for page, path in self._pages():
            for who, user in people.items():
                client = APIClient(HTTP_HOST="localhost")
                client.force_authenticate(user)
                self._time(client, page, who, path.format(ticket=self._ticket(user)))
                if options["plans"] and who == "agent":
                    self._show_plans(client, path.format(ticket=self._ticket(user)))

    def _people(self) -> dict[str, Any]:
        users = get_user_model()._default_manager
        agent = users.filter(username="seed-agent-0").first()
        customer = users.filter(username="seed-customer-0").first()
        superuser = users.filter(is_superuser=True).first()
        if agent is None or customer is None:
            raise CommandError("Run seed_large first.")
        people = {"agent": agent, "customer": customer, "superuser": superuser}
        return {who: user for who, user in people.items() if user is not None}

    def _pages(self) -> list[tuple[str, str]]:
        words = Message.objects.exclude(author=None).latest("id").content.split()
        rare, common = max(words, key=len), min(words, key=len)
        return [
            ("inbox", "/api/v1/tickets/"),
            ("inbox, open ones", "/api/v1/tickets/?status=open&status=new"),
            ("inbox, mine", "/api/v1/tickets/?assignee=me"),
            ("search, one word", f"/api/v1/search/?q={common}"),
            ("search, two words", f"/api/v1/search/?q={rare}%20{common}"),
            ("search, open ones", f"/api/v1/search/?q={rare}%20status%3Aopen"),
            ("ticket", "/api/v1/tickets/{ticket}/"),
            ("messages", "/api/v1/tickets/{ticket}/messages/"),
        ]

    def _ticket(self, user: Any) -> Any:
        from tickets.selectors.access import tickets_visible_to

        found = tickets_visible_to(user).order_by("-id").values_list("pk", flat=True).first()
        return found or Ticket.objects.values_list("pk", flat=True)[0]

    def _time(self, client: APIClient, page: str, who: str, path: str) -> None:
        times = []
        for _ in range(_ROUNDS + 1):
            begin = perf_counter()
            response = client.get(path)
            times.append((perf_counter() - begin) * 1000)
            if response.status_code != 200:
                raise CommandError(f"{path}: {response.status_code} {response.content!r}")
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        self.stdout.write(
            f"{page:20} {who:10} median {median(times[1:]):7.1f} ms  worst {max(times[1:]):7.1f} ms"
            f"  {len(captured)} queries"
        )

    def _show_plans(self, client: APIClient, path: str) -> None:
        if connection.vendor != "postgresql":
            return
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        for query in captured.captured_queries:
            if query["sql"].startswith("SELECT") and "tickets_" in query["sql"]:
                with connection.cursor() as cursor:
                    cursor.execute("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + query["sql"])
                    lines = [line for (line,) in cursor.fetchall()]
                self.stdout.write("\n".join([query["sql"][:400], *lines, ""]))

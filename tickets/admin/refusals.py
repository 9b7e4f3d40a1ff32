"""Services called from the admin: what they refuse is said on the page instead of failing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from realtime.errors import RealtimeError


class SaysRefusals:
    """For a `ModelAdmin` whose pages save by services: a refusal is said on the page, and nothing is saved."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            page: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except RealtimeError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return page


def tried(request: HttpRequest, service: Callable[..., Any], **arguments: Any) -> Any:
    """What the service returns, or None where it refused, which the page then says."""
    try:
        return service(actor=request.user, **arguments)
    except RealtimeError as error:
        messages.error(request, str(error))
        return None


def tried_on_each(
    request: HttpRequest, rows: Iterable[Any], service: Callable[..., Any], done: str
) -> None:
    """Calls ``service(row)`` for each row and says how many it was done to, and why not to the others."""
    count = 0
    refused: dict[str, list[str]] = {}
    for row in rows:
        try:
            service(row)
            count += 1
        except RealtimeError as error:
            refused.setdefault(str(error), []).append(str(row))
    if count:
        messages.success(request, f"{done}: {count}.")
    for reason, names in refused.items():
        messages.error(request, f"{reason} {', '.join(names[:10])}")

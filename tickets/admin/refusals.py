"""Services called from the admin: what they refuse is said on the page instead of failing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from realtime.errors import RealtimeError


class SaysRefusals:
    """For a `ModelAdmin` whose pages save by services: nothing is saved where one refuses, and the form is shown again with
    what was written, and why."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view: Callable[..., HttpResponse] = super().changeform_view  # type: ignore[misc]
        try:
            return view(request, *args, **kwargs)
        except RealtimeError as error:
            request.refusal = str(error)  # type: ignore[attr-defined]  # for `get_form`
            return view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)  # type: ignore[misc]
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else _refusing(form, refusal)


def _refusing(form: Any, refusal: str) -> Any:
    class RefusedForm(form):  # type: ignore[misc]
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(None, refusal)
            return cleaned

    return RefusedForm


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

"""The admin's form for signing in, which passwords can't be tried with for long."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from realtime.auth.throttles import FormThrottle, address_of

log = logging.getLogger(__name__)


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # it has no types
    def clean(self) -> dict[str, Any]:
        name, request = self.cleaned_data.get("username"), self.request
        if name and not FormThrottle(name).allow_request(request, view=None):
            log.warning("sign-in throttled", extra={"address": address_of(request)})
            raise ValidationError(_("Too many attempts. Try again in a minute."), "throttled")
        cleaned: dict[str, Any] = super().clean()
        return cleaned

from __future__ import annotations

from typing import Any

from django.core.management.commands import loaddata

from realtime.capture.loading import gathering_loaded_rows
from realtime.models import StoredEvent


class Command(loaddata.Command):
    """Django's own, whose rows are told to listeners when all of them are there, in the same transaction."""

    def loaddata(self, fixture_labels: Any) -> None:
        with gathering_loaded_rows() as rows:
            super().loaddata(fixture_labels)
            if StoredEvent in self.models:
                # A whole database comes back: its log has told of these rows already.
                rows.clear()

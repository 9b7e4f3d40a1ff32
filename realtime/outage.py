"""Failures that last, told when they begin and when they end: not each time that something is tried in between."""

from __future__ import annotations

import logging


class Outage:
    """Of one thing. ``begun`` and ``ended`` are what the log says; ``begun`` takes what `begin` is given."""

    def __init__(self, logger: logging.Logger, *, begun: str, ended: str) -> None:
        self._logger = logger
        self._begun, self._ended = begun, ended
        self.lasts = False

    def begin(self, *why: object) -> None:
        if not self.lasts:
            self._logger.warning(self._begun, *why)
        self.lasts = True

    def end(self) -> None:
        if self.lasts:
            self._logger.warning(self._ended)
        self.lasts = False

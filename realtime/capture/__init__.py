"""Capturing changes of models: saved, deleted and bulk-changed rows become events, in the same transaction."""

from realtime.capture.declaring import LiveModel, live
from realtime.capture.observing import connect_signals

__all__ = ["LiveModel", "connect_signals", "live"]

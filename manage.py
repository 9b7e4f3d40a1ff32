#!/usr/bin/env python
"""Django's commands: `python manage.py help`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    # What a start makes stays. To look through it for garbage, over and over, would take a quarter of the start.
    gc.set_threshold(50_000, 20, 100)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Livedesk can't start: {error}")


if __name__ == "__main__":
    main()

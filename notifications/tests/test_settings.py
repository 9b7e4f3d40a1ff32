"""A wrong setting stops the start with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command


def complaint() -> str:
    with pytest.raises(CommandError) as stopped:
        call_command("check")
    return str(stopped.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NOTIFICATIONS", {"base_url": "desk.example.org"}, "base_url must be like"),
        ("NOTIFICATIONS", {"base_url": "https://desk.example.org/"}, "without a slash"),
        ("NOTIFICATIONS", {"reply_address": "nobody"}, "reply_address must be one mailbox"),
        ("NOTIFICATIONS", {"most_attempts": 0}, "most_attempts must be at least 1"),
        ("NOTIFICATIONS", {"most_atempts": 3}, "most_atempts"),
        ("NOTIFICATIONS", {"email_delay": "soon"}, "email_delay"),
        ("JOBS", {"poll_seconds": 0}, ">= 0.05 - at `$.poll_seconds`"),
        ("JOBS", {"threads": 0}, ">= 1 - at `$.threads`"),
        ("JOBS", {"embeded": True}, "embeded"),
    ],
)
def test_a_wrong_setting_is_named(settings: Any, name: str, value: Any, said: str) -> None:
    setattr(settings, name, value)
    assert said in complaint()

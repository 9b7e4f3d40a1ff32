"""Wrong token settings stop the start."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.auth.checks import check_tokens

GOOD = {
    "ISSUER": "livedesk",
    "AUDIENCE": "livedesk",
    "USER_ID_CLAIM": "sub",
    "SIGNING_KEY": "k" * 32,
}


@pytest.mark.parametrize(
    ("wrong", "ids"),
    [
        ({}, []),
        ({"USER_ID_CLAIM": "user_id"}, ["realtime.E012"]),
        ({"TOKEN_TYPE_CLAIM": "typ"}, ["realtime.E012"]),
        ({"ISSUER": None}, ["realtime.E013"]),
        ({"AUDIENCE": ""}, ["realtime.E013"]),
        ({"SIGNING_KEY": "secret"}, ["realtime.W002"]),
    ],
)
def test_wrong_token_settings_are_named(
    wrong: dict[str, Any], ids: list[str], settings: Any
) -> None:
    settings.SIMPLE_JWT = {**GOOD, **wrong}
    assert [message.id for message in check_tokens()] == ids

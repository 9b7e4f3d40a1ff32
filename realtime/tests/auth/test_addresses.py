"""Whose address counts behind proxies."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.auth.address import client_address

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", PROXY),
        (0, "192.0.2.7", PROXY),
        (1, "", PROXY),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (2, "6.6.6.6, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", "192.0.2.7"),
        (1, "nonsense", PROXY),
        (1, " , ,", PROXY),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_client_is_as_many_hops_away_as_proxies_are_trusted(
    proxies: int, forwarded: str, address: str, settings: Any
) -> None:
    settings.REALTIME = {**settings.REALTIME, "trusted_proxies": proxies}
    assert client_address(peer=PROXY, forwarded_for=forwarded) == address


def test_an_unknown_peer_has_no_address(settings: Any) -> None:
    assert client_address(peer="", forwarded_for="192.0.2.7") == ""

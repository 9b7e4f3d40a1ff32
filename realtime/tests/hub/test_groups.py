"""The hub's groups on the channel layer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.hub import Hub
from realtime.tests.hub.conftest import eventually

pytestmark = pytest.mark.django_db(transaction=True)


class SlowLayer:
    """A channel layer that carries out what it is asked at once, but for leaving, which takes until it is told to."""

    members: set[str] = set()
    asked_to_leave = asyncio.Event()
    may_leave = asyncio.Event()

    def __init__(self, **_: Any) -> None:
        """Takes whatever the settings say."""

    async def new_channel(self) -> str:
        return "one"

    async def group_add(self, group: str, channel: str) -> None:
        self.members.add(group)

    async def group_discard(self, group: str, channel: str) -> None:
        self.asked_to_leave.set()
        await self.may_leave.wait()
        self.members.discard(group)

    async def receive(self, channel: str) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError


@pytest.fixture
def layer(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[SlowLayer]:
    monkeypatch.setattr(SlowLayer, "members", set())
    monkeypatch.setattr(SlowLayer, "asked_to_leave", asyncio.Event())
    monkeypatch.setattr(SlowLayer, "may_leave", asyncio.Event())
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.SlowLayer"}}
    return SlowLayer


async def test_a_topic_that_is_opened_while_its_group_is_left_is_in_the_group_in_the_end(
    layer: type[SlowLayer], hub: Hub
) -> None:
    await eventually(lambda: hub.link.is_up)
    others = set(layer.members)
    assert await hub.link.join("shop:1")
    (group,) = layer.members - others
    leaving = asyncio.create_task(hub.link.leave("shop:1"))
    await layer.asked_to_leave.wait()
    joining = asyncio.create_task(hub.link.join("shop:1"))
    await asyncio.wait([joining], timeout=0.2)  # it would be in by now
    layer.may_leave.set()
    await leaving
    assert await joining
    assert group in layer.members

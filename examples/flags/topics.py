"""Every user who is connected hears of a flag what it is for them.

Each has a topic of their own, since each is told something else; the data goes with the topic. Only those are told who are
online, so nobody can catch up here: ``resumable=False`` makes whoever comes back load ``flags/`` anew.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from waffle.models import Flag

import realtime
from examples.flags.evaluating import evaluations, off


class FlagSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    active = serializers.BooleanField(help_text="For the user who is told.")


realtime.topic(
    "flags:<str:user_id>",
    authorize=lambda user, user_id: str(user.pk) == user_id,
    members=False,
    bridged=False,
    resumable=False,
)
realtime.event("flag.updated", schema=FlagSerializer, alias="flag.updated")
realtime.live(
    Flag,
    topics=evaluations,
    events={"created": "flag.updated", "deleted": None},
    related=["users", "groups"],
    ignore=["modified"],
)
realtime.live(
    Flag, topics=off, events={"created": None, "updated": None, "deleted": "flag.updated"}
)
realtime.personal_topics(lambda user: [f"flags:{user.pk}"])

"""What somebody may not see costs the database what is missing does, statement by statement: time tells nothing either."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from realtime.registry import registry
from tickets.tests import test_matrix
from tickets.tests.conftest import client_of
from tickets.tests.test_matrix import ACTORS, REST, answer_to, filled

pytestmark = pytest.mark.django_db

one_of_everything, world = test_matrix.one_of_everything, test_matrix.world

_VALUES = re.compile(r"'[^']*'|\b[0-9a-f]{32}\b|\b\d+\b")
_ROWS = [
    pytest.param(method, path, body, actor, id=f"{actor} {method} {path} {number}")
    for number, (method, path, body, expected) in enumerate(REST)
    for actor in ("carol", "dave", "bob")
    if expected.split()[ACTORS.index(actor)] == "404"
    # Carol's own ticket has neither yet: nothing is hidden from her.
    and not (actor == "carol" and path.endswith(("thumbnail/", "rating/")))
]


def missing(names: dict[str, Any], actor: str) -> dict[str, Any]:
    """The same names, but what the actor may not see is nowhere."""
    hidden = {"note", "secret"}
    if actor != "carol":
        hidden |= {"ticket", "solved", "reply", "file"}
    return {**names, **{name: uuid4() for name in hidden}, "canned": 999_999, "filter": 999_999}


def asked(
    names: dict[str, Any],
    actor: str,
    method: str,
    path: str,
    body: Any,
) -> tuple[int, list[str]]:
    """The status, and what was asked of the database."""
    client = client_of(names["users"][actor])
    with CaptureQueriesContext(connection) as queries:
        answer = answer_to(client, method, path, body, names)
    return answer.status_code, [_VALUES.sub("?", query["sql"]) for query in queries]


@pytest.mark.parametrize(("method", "path", "body", "actor"), _ROWS)
def test_over_rest(
    world: dict[str, Any],
    actor: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    nowhere = missing(world, actor)
    asked(nowhere, actor, method, path, body)  # what is read once only
    there = asked(world, actor, method, path, body)
    assert there == asked(nowhere, actor, method, path, body)
    assert there[0] == 404


@pytest.mark.parametrize("kind", ["ticket", "ticket-notes"])
def test_at_the_doors_of_the_rooms(world: dict[str, Any], kind: str) -> None:
    for actor in ("dave", "bob"):
        told = []
        for names in (world, missing(world, actor)):
            resolved = registry.resolve(filled(f"{kind}:$ticket", names))
            assert resolved is not None
            with CaptureQueriesContext(connection) as queries:
                assert not resolved[0].authorize(world["users"][actor], **resolved[1])
            told.append([_VALUES.sub("?", query["sql"]) for query in queries])
        assert told[0] == told[1]

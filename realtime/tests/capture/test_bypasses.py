"""What the guide lists as not seen, and how to say it oneself."""

from __future__ import annotations

import pytest
from django.db import connection

import realtime
from realtime.tests.capture.conftest import Told
from realtime.tests.capture.models import Article

pytestmark = pytest.mark.django_db


def test_raw_sql_is_not_seen(article: Article, told: Told) -> None:
    told.events()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_article SET name = 'Coffee'")
    assert told.events() == []


def test_a_raw_delete_is_not_seen(article: Article, told: Told) -> None:
    told.events()
    Article.objects.filter(pk=article.pk)._raw_delete("default")
    assert told.events() == []


def test_what_was_not_seen_can_be_said(article: Article, told: Told) -> None:
    told.events()
    room = f"shop:{article.shop_id}"
    realtime.record(room, "article.updated", {"name": "Coffee"}, entity_id=str(article.pk))
    assert told.pairs() == [("article.updated", room)]

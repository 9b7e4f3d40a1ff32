"""``loaddata`` and rows that are saved raw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.serializers import deserialize, serialize

from realtime.models import StoredEvent
from realtime.tests.capture.conftest import Told
from realtime.tests.capture.models import Article, Price, Shop

pytestmark = pytest.mark.django_db


def _fixture(folder: Path, *rows: tuple[str, int, dict[str, object]]) -> str:
    path = folder / "rows.json"
    path.write_text(json.dumps([{"model": m, "pk": pk, "fields": f} for m, pk, f in rows]))
    return str(path)


_TEA = {"shop": 5, "name": "Tea", "stock": 3, "updated_at": "2026-01-01T00:00:00Z"}


def test_loaded_rows_are_told_even_if_what_they_refer_to_comes_later(
    tmp_path: Path, told: Told
) -> None:
    told.events()
    rows = _fixture(
        tmp_path,
        ("shop.price", 1, {"article": 9, "currency": "EUR", "amount": 4}),
        ("shop.article", 9, _TEA),
        ("shop.shop", 5, {"name": "Corner shop"}),
    )
    call_command("loaddata", rows, verbosity=0)
    assert sorted(told.pairs()) == [
        ("article.created", "shelf:5"),
        ("article.created", "shop:5"),
        ("price.created", "shelf:5"),
        ("shop.created", "shop:5"),
    ]
    rows = _fixture(tmp_path, ("shop.article", 9, {**_TEA, "name": "Coffee"}))
    call_command("loaddata", rows, verbosity=0)
    assert told.types("shop:5") == ["article.updated"]


def test_many_to_many_fields_are_told_when_all_rows_are_there(tmp_path: Path, told: Told) -> None:
    told.events()
    rows = _fixture(
        tmp_path,
        ("shop.article", 9, {**_TEA, "labels": [3]}),
        ("shop.label", 3, {"name": "Organic"}),
        ("shop.shop", 5, {"name": "Corner shop"}),
    )
    call_command("loaddata", rows, verbosity=0)
    assert sorted(told.types("shop:5")) == ["article.created", "shop.created"]
    rows = _fixture(tmp_path, ("shop.article", 9, {**_TEA, "labels": []}))
    call_command("loaddata", rows, verbosity=0)
    assert told.types("shop:5") == ["article.updated"]


def test_a_child_is_loaded_with_its_parent(tmp_path: Path, told: Told) -> None:
    told.events()
    rows = _fixture(
        tmp_path,
        ("shop.shop", 5, {"name": "Corner shop"}),
        ("shop.article", 9, _TEA),
        ("shop.book", 9, {"isbn": "1"}),
    )
    call_command("loaddata", rows, verbosity=0)
    assert sorted(told.types()) == [
        "article.created",
        "article.created",
        "book.created",
        "shop.created",
    ]


def test_a_fixture_that_fails_tells_nothing(tmp_path: Path, told: Told) -> None:
    told.events()
    rows = _fixture(tmp_path, ("shop.article", 9, _TEA))  # its shop is missing
    with pytest.raises(Exception, match="Problem installing"):
        call_command("loaddata", rows, verbosity=0)
    assert not Article.objects.exists()
    assert told.events() == []


def test_a_dump_with_its_log_comes_back_without_new_events(
    article: Article, tmp_path: Path
) -> None:
    dump = tmp_path / "all.json"
    rows = [*Shop.objects.all(), article, *StoredEvent.objects.exclude(seq=None)]
    if StoredEvent.objects.filter(seq=None).exists():
        pytest.skip("PostgreSQL numbers at commit: nothing to dump inside a transaction")
    dump.write_text(serialize("json", rows))
    before = StoredEvent.objects.count()
    Article.objects.all().delete()
    StoredEvent.objects.filter(type="article.deleted").delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert Article.objects.get().name == "Tea"
    assert StoredEvent.objects.count() == before


def test_a_row_that_somebody_saves_raw_is_their_business(article: Article, told: Told) -> None:
    text = serialize("json", [article])
    told.events()
    for row in deserialize("json", text):
        row.object.name = "Coffee"
        row.save()
    assert told.events() == []
    assert not Price.objects.exists()

"""Rows that are built on others: children are told as their parents, and what happens to a parent as its children's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.serializers import serialize
from django.db.models import Model

from realtime.tests.capture.conftest import Told
from realtime.tests.capture.models import Article, Book, Booth, Label, Shop, Space, Stall

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(shop: Shop) -> Book:
    return Book.objects.create(shop=shop, name="Novel", isbn="1", stock=10)


@pytest.fixture
def stall(db: None) -> Stall:
    return Stall.objects.create(name="Corner", number=1)


def _made_of(parent: Model, child: type[Model], **values: Any) -> Any:
    """A child of a row that is there already; not saved yet."""
    (link,) = child._meta.parents.values()
    assert link is not None
    row = child(**{link.name: parent}, **values)
    row.__dict__.update(
        {f.attname: getattr(parent, f.attname) for f in parent._meta.concrete_fields}
    )
    return row


def test_a_child_is_told_as_itself_and_as_its_parent(shop: Shop, told: Told) -> None:
    told.events()
    book = Book.objects.create(shop=shop, name="Novel", isbn="1", stock=10)
    assert sorted(told.pairs()) == [
        ("article.created", f"shelf:{shop.pk}"),
        ("article.created", f"shop:{shop.pk}"),
        ("book.created", "till"),
    ]
    book.isbn = "2"
    book.save()
    assert told.pairs() == [("book.updated", "till")]
    Article.objects.get(pk=book.pk).delete()
    assert sorted(told.pairs()) == [
        ("article.deleted", f"shelf:{shop.pk}"),
        ("article.deleted", f"shop:{shop.pk}"),
        ("book.deleted", "till"),
    ]


def test_an_old_copy_of_a_child_that_is_deleted_is_told_where_its_row_was(
    book: Book, told: Told
) -> None:
    other = Shop.objects.create(name="Other")
    Book.objects.filter(pk=book.pk).update(shop=other)
    told.events()
    book.delete()
    assert sorted(told.pairs()) == [
        ("article.deleted", f"shelf:{other.pk}"),
        ("article.deleted", f"shop:{other.pk}"),
        ("book.deleted", "till"),
    ]


def test_a_child_that_is_made_of_a_parent_that_is_there_changes_the_parent(
    article: Article, told: Told
) -> None:
    told.events()
    book = _made_of(article, Book, isbn="1")
    book.name = "Novel"
    book.save()
    assert sorted(told.types()) == ["article.updated", "article.updated", "book.created"]


def test_only_the_child_goes_when_the_parent_is_kept(shop: Shop, told: Told) -> None:
    book = Book.objects.create(shop=shop, name="Novel", isbn="1", stock=10)
    told.events()
    book.delete(keep_parents=True)
    assert told.types() == ["book.deleted"]


def test_what_is_saved_as_the_parent_is_told_of_both(book: Book, told: Told) -> None:
    told.events()
    article = Article.objects.get(pk=book.pk)
    article.name = "Short stories"
    article.save()
    shop = article.shop_id
    assert sorted(told.pairs()) == [
        ("article.updated", f"shelf:{shop}"),
        ("article.updated", f"shop:{shop}"),
        ("book.updated", "till"),
    ]
    article.save()
    assert told.events() == []


def test_what_is_saved_as_a_parent_that_is_not_live_is_told_of_the_child(
    stall: Stall, told: Told
) -> None:
    told.events()
    space = Space.objects.get(pk=stall.pk)
    space.name = "Gate"
    space.save()
    assert told.data("stall.renamed") == {"number": 1, "name": "Gate"}


def test_a_bulk_change_of_the_parents_is_told_of_those_that_have_children(
    stall: Stall, told: Told
) -> None:
    Space.objects.create(name="Nobody's")
    told.events()
    Space.objects.update(name="Gate")
    assert told.types() == ["stall.renamed"]
    Space.objects.bulk_update([Space(pk=stall.pk, name="Square")], ["name"])
    assert told.types() == ["stall.renamed"]
    Space.objects.bulk_create(
        [Space(pk=stall.pk, name="Bridge")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["id"],
    )
    assert told.data("stall.renamed") == {"number": 1, "name": "Bridge"}


def test_what_one_child_changes_in_the_common_parent_is_told_of_the_other(
    stall: Stall, told: Told
) -> None:
    booth = _made_of(stall.space_ptr, Booth, lit=True)
    booth.save()
    told.events()
    booth.name = "Gate"
    booth.save()
    assert sorted(told.types()) == ["booth.updated", "stall.renamed"]
    Stall.objects.filter(pk=stall.pk).update(number=2)
    assert told.types() == ["stall.updated"]


def test_a_parents_many_to_many_field_is_the_childs(book: Book, stall: Stall, told: Told) -> None:
    label = Label.objects.create(name="organic")
    told.events()
    Space.objects.get(pk=stall.pk).labels.add(label)
    assert told.types() == ["stall.updated"]
    label.spaces.clear()
    assert told.types() == ["stall.updated"]
    book.labels.add(label)
    assert sorted(told.types()) == ["article.updated", "article.updated", "book.updated"]


def test_a_parent_that_goes_takes_its_children_with_it(stall: Stall, told: Told) -> None:
    told.events()
    Space.objects.get(pk=stall.pk).delete()
    assert told.types() == ["stall.deleted"]


def test_a_parent_without_children_costs_no_query_more(
    told: Told, django_assert_num_queries: Any
) -> None:
    space = Space.objects.create(name="Nobody's")
    with django_assert_num_queries(2):  # the row as it was, and the change
        space.save()


@pytest.mark.parametrize("models", [[Space], [Stall], [Space, Stall], [Stall, Space]])
def test_a_loaded_child_is_told_once_whichever_of_its_rows_are_loaded(
    models: list[type[Model]], tmp_path: Path, told: Told
) -> None:
    stall = Stall.objects.create(name="Corner", number=1)
    _load(tmp_path, *(row for model in models for row in model.objects.all()))
    told.events()
    later = [
        Space(pk=stall.pk, name="Gate")
        if model is Space
        else Stall(space_ptr_id=stall.pk, number=2)
        for model in models
    ]
    _load(tmp_path, *later)
    expected = {
        (Space,): ["stall.renamed"],
        (Stall,): ["stall.updated"],
    }.get(tuple(models), ["stall.renamed", "stall.updated"])
    assert told.types() == expected


def _load(folder: Path, *rows: Model) -> None:
    path = folder / "rows.json"
    path.write_text(serialize("json", rows))
    call_command("loaddata", str(path), verbosity=0)

"""The end of a test that commits: the database is emptied, in a tenth of the time that Django's ``flush`` takes."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, transaction

# Rows that `migrate` makes. To empty these and make them anew takes long; a test with `available_apps` would not even make
# them anew, and the next one miss its permissions.
MADE_BY_MIGRATE = {"auth_permission", "django_content_type"}


def empty_databases(test: Any) -> None:
    """Stands for ``TransactionTestCase._fixture_teardown``."""
    for alias in test._databases_names(include_mirrors=False):
        empty_database(alias)


def empty_database(alias: str = "default") -> None:
    """Deletes the rows where there are any: to truncate sixty empty tables takes longer than most tests."""
    connection = connections[alias]
    quote = connection.ops.quote_name
    # Foreign keys are checked at the end of the transaction, so the order doesn't matter.
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        tables = _tables() & set(connection.introspection.table_names(cursor))
        questions = [
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})"
            for table in sorted(tables - MADE_BY_MIGRATE)
        ]
        cursor.execute(" UNION ALL ".join(questions))
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quote(table)}")


def _tables() -> set[str]:
    """Those of all models, those of apps that the test left out too."""
    return {
        model._meta.db_table
        for models in apps.all_models.values()
        for model in models.values()
        if model._meta.managed and not model._meta.proxy
    }

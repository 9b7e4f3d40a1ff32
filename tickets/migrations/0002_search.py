"""The full-text index: a generated column on PostgreSQL, an FTS5 table on SQLite."""

from __future__ import annotations

from typing import Any

from django.db import migrations

_POSTGRESQL = """
ALTER TABLE tickets_message ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', content)) STORED;
CREATE INDEX tickets_message_search ON tickets_message USING gin (search);
ALTER TABLE tickets_ticket ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', subject)) STORED;
CREATE INDEX tickets_ticket_search ON tickets_ticket USING gin (search);
"""
_SQLITE = """
CREATE VIRTUAL TABLE tickets_search USING fts5(
    text, ticket_id UNINDEXED, message_id UNINDEXED,
    tokenize='unicode61 remove_diacritics 2', prefix='3'
)
"""


def make_index(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    schema_editor.execute(_POSTGRESQL if vendor == "postgresql" else _SQLITE)


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE tickets_message DROP COLUMN search")
        schema_editor.execute("ALTER TABLE tickets_ticket DROP COLUMN search")
    else:
        schema_editor.execute("DROP TABLE tickets_search")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [migrations.RunPython(make_index, drop_index)]

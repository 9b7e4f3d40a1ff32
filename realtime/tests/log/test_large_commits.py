"""What a transaction of many events costs PostgreSQL, by the rows it looks at."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

import realtime
from realtime.log.record import Draft, record_many

EVENTS = 1_000


def events_looked_at() -> int:
    """Of the log, by this session: what it adds within a transaction is that transaction's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'realtime_storedevent'"
        )
        [count] = cursor.fetchone()
    return int(count)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite numbers at once, by key")
@pytest.mark.parametrize("before", [1, 3_000])
def test_each_event_of_a_large_commit_is_looked_at_a_few_times(before: int) -> None:
    """Though the database made its plans for small commits, to a small log or a large one."""
    record_many([Draft("till", "sold", {}) for _ in range(before)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE realtime_storedevent")
    for _ in range(10):  # the database keeps to the plan of the sixth
        realtime.record("till", "sold", {})
    with transaction.atomic():
        seen = events_looked_at()
        record_many([Draft("till", "sold", {}) for _ in range(EVENTS)])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert events_looked_at() - seen < 10 * EVENTS

"""A commit is numbered row by row, by key, so that what an event costs doesn't depend on what the planner knew of the log.

One UPDATE joined with the pending rows was planned while the log was small, and the plan kept: a loop within a loop, so that a
commit of 1,000 events looked at a million rows, and one of 10,000 took minutes. Neither may a plan for a small table read it
whole, hence ``enable_seqscan``.
"""

from django.db import migrations

POSTGRESQL = """
CREATE OR REPLACE FUNCTION realtime_settle() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this bigint := pg_current_xact_id()::text::bigint;
    last_access bigint;
    before bigint;
    stamps bigint[];
    pending record;
    stamped record;
BEGIN
    SELECT array_agg(position) INTO stamps
        FROM realtime_storedevent WHERE xid = this AND seq IS NULL AND stamp IS NOT NULL;
    INSERT INTO realtime_topichead (topic, seq, floor, moved)
        SELECT DISTINCT topic, 0, 0, 0 FROM realtime_storedevent WHERE xid = this AND seq IS NULL ORDER BY topic
        ON CONFLICT (topic) DO NOTHING;
    FOR pending IN
        SELECT DISTINCT topic FROM realtime_storedevent WHERE xid = this AND seq IS NULL ORDER BY topic
    LOOP
        PERFORM 1 FROM realtime_topichead WHERE topic = pending.topic FOR UPDATE;
    END LOOP;

    IF EXISTS (SELECT 1 FROM realtime_accesschange WHERE xid = this AND number IS NULL) THEN
        PERFORM pg_advisory_xact_lock(7238571130482913);
    END IF;
    SELECT coalesce(max(number), 0) INTO last_access FROM realtime_accesschange;
    FOR pending IN
        SELECT id FROM realtime_accesschange WHERE xid = this AND number IS NULL ORDER BY id
    LOOP
        last_access := last_access + 1;
        UPDATE realtime_accesschange SET number = last_access WHERE id = pending.id;
    END LOOP;

    FOR pending IN
        SELECT position, topic,
               row_number() OVER (PARTITION BY topic ORDER BY position) AS nth,
               count(*) OVER (PARTITION BY topic) AS together
        FROM realtime_storedevent WHERE xid = this AND seq IS NULL ORDER BY topic, position
    LOOP
        IF pending.nth = 1 THEN
            UPDATE realtime_topichead SET seq = seq + pending.together, moved = this
                WHERE topic = pending.topic RETURNING seq - pending.together INTO before;
        END IF;
        UPDATE realtime_storedevent SET seq = before + pending.nth, access = last_access
            WHERE position = pending.position;
    END LOOP;

    FOR stamped IN
        SELECT seq, split_part(stamp, '.', 1) AS tbl, split_part(stamp, '.', 2) AS col,
               split_part(stamp, '.', 3) AS key, split_part(stamp, '.', 4) AS val
        FROM realtime_storedevent WHERE position = ANY (stamps)
    LOOP
        EXECUTE format('UPDATE %I SET %I = %s WHERE %I = %L AND %I IS NULL',
                       stamped.tbl, stamped.col, stamped.seq, stamped.key, stamped.val, stamped.col);
    END LOOP;
END $$;

ALTER FUNCTION realtime_settle_event() SET enable_seqscan = off;
ALTER FUNCTION realtime_settle_access() SET enable_seqscan = off;
"""


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)


class Migration(migrations.Migration):
    dependencies = [("realtime", "0011_boards_seen")]

    # Code from before it works with it just as well.
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]

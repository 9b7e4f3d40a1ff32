"""The database numbers what is recorded.

PostgreSQL numbers all of a transaction's events at commit, in a deferred constraint trigger: heads are locked last and in
sorted order, so that writers neither wait for each other's business logic nor deadlock, and a rolled back transaction uses no
number. SQLite has one writer and numbers each event when it is inserted.
"""

from django.db import migrations

POSTGRESQL = """
ALTER TABLE realtime_storedevent ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
ALTER TABLE realtime_accesschange ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
CREATE INDEX realtime_event_pending ON realtime_storedevent (xid) WHERE seq IS NULL;
CREATE INDEX realtime_access_pending ON realtime_accesschange (xid) WHERE number IS NULL;

CREATE FUNCTION realtime_settle() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this bigint := pg_current_xact_id()::text::bigint;
    last_access bigint;
    stamps bigint[];
    stamped record;
BEGIN
    SELECT array_agg(position) INTO stamps
        FROM realtime_storedevent WHERE xid = this AND seq IS NULL AND stamp IS NOT NULL;
    INSERT INTO realtime_topichead (topic, seq, floor, moved)
        SELECT DISTINCT topic, 0, 0, 0 FROM realtime_storedevent WHERE xid = this AND seq IS NULL ORDER BY topic
        ON CONFLICT (topic) DO NOTHING;
    PERFORM 1 FROM realtime_topichead
        WHERE topic IN (SELECT topic FROM realtime_storedevent WHERE xid = this AND seq IS NULL)
        ORDER BY topic FOR UPDATE;

    IF EXISTS (SELECT 1 FROM realtime_accesschange WHERE xid = this AND number IS NULL) THEN
        PERFORM pg_advisory_xact_lock(7238571130482913);
        SELECT coalesce(max(number), 0) INTO last_access FROM realtime_accesschange;
        UPDATE realtime_accesschange a SET number = last_access + pending.n
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS n
                  FROM realtime_accesschange WHERE xid = this AND number IS NULL) pending
            WHERE a.id = pending.id;
    END IF;
    SELECT coalesce(max(number), 0) INTO last_access FROM realtime_accesschange;

    WITH numbered AS (
        UPDATE realtime_storedevent e SET seq = pending.n, access = last_access
            FROM (SELECT s.position,
                         h.seq + row_number() OVER (PARTITION BY s.topic ORDER BY s.position) AS n
                  FROM realtime_storedevent s JOIN realtime_topichead h USING (topic)
                  WHERE s.xid = this AND s.seq IS NULL) pending
            WHERE e.position = pending.position
            RETURNING e.topic, e.seq
    )
    UPDATE realtime_topichead h SET seq = last.seq, moved = this
        FROM (SELECT topic, max(seq) AS seq FROM numbered GROUP BY topic) last
        WHERE h.topic = last.topic;

    FOR stamped IN
        SELECT seq, split_part(stamp, '.', 1) AS tbl, split_part(stamp, '.', 2) AS col,
               split_part(stamp, '.', 3) AS key, split_part(stamp, '.', 4) AS val
        FROM realtime_storedevent WHERE position = ANY (stamps)
    LOOP
        EXECUTE format('UPDATE %I SET %I = %s WHERE %I = %L AND %I IS NULL',
                       stamped.tbl, stamped.col, stamped.seq, stamped.key, stamped.val, stamped.col);
    END LOOP;
END $$;

CREATE FUNCTION realtime_settle_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM realtime_storedevent WHERE position = NEW.position AND seq IS NULL) THEN
        PERFORM realtime_settle();
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION realtime_settle_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM realtime_accesschange WHERE id = NEW.id AND number IS NULL) THEN
        PERFORM realtime_settle();
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER realtime_number_event AFTER INSERT ON realtime_storedevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.seq IS NULL) EXECUTE FUNCTION realtime_settle_event();
CREATE CONSTRAINT TRIGGER realtime_number_access AFTER INSERT ON realtime_accesschange
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.number IS NULL) EXECUTE FUNCTION realtime_settle_access();
"""

POSTGRESQL_BACK = """
DROP TRIGGER realtime_number_event ON realtime_storedevent;
DROP TRIGGER realtime_number_access ON realtime_accesschange;
DROP FUNCTION realtime_settle_event();
DROP FUNCTION realtime_settle_access();
DROP FUNCTION realtime_settle();
ALTER TABLE realtime_storedevent DROP COLUMN xid;
ALTER TABLE realtime_accesschange DROP COLUMN xid;
"""

SQLITE = """
CREATE TRIGGER realtime_number_event AFTER INSERT ON realtime_storedevent WHEN NEW.seq IS NULL
BEGIN
    INSERT INTO realtime_topichead (topic, seq, floor, moved)
        VALUES (NEW.topic, 1, 0, (SELECT coalesce(max(moved), 0) + 1 FROM realtime_topichead))
        ON CONFLICT (topic) DO UPDATE SET seq = seq + 1, moved = excluded.moved;
    UPDATE realtime_storedevent
        SET seq = (SELECT seq FROM realtime_topichead WHERE topic = NEW.topic),
            access = (SELECT coalesce(max(number), 0) FROM realtime_accesschange)
        WHERE position = NEW.position;
END
"""

SQLITE_BACK = "DROP TRIGGER realtime_number_event"


def install(apps, schema_editor):
    schema_editor.execute(
        POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE, params=None
    )


def uninstall(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL_BACK if postgresql else SQLITE_BACK, params=None)


class Migration(migrations.Migration):
    dependencies = [("realtime", "0001_log")]

    operations = [migrations.RunPython(install, uninstall)]

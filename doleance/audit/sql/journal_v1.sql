-- The journal is append-only in the database itself, whatever the program, whoever the role.

CREATE FUNCTION doleance_refuse_journal_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % refused on %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END;
$$;

CREATE TRIGGER doleance_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON doleance_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION doleance_refuse_journal_change();

-- ALWAYS: a session that plays a replica (session_replication_role) skips ordinary triggers.
ALTER TABLE doleance_auditevent ENABLE ALWAYS TRIGGER doleance_append_only;

ALTER TABLE doleance_auditevent
    ADD CONSTRAINT auditevent_hash_sizes CHECK (
        octet_length(prev_hash) = 32 AND octet_length(commitment) = 32 AND octet_length(hash) = 32
    );

-- Lock a stream until the end of the transaction, then read its last event. In one function, since each statement of
-- a volatile function sees what was committed before it began: the second sees what was written before the lock came.
CREATE FUNCTION doleance_journal_head(wanted text) RETURNS TABLE (seq integer, hash bytea)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('doleance journal ' || wanted, 0));
    RETURN QUERY
        SELECT event.seq, event.hash FROM doleance_auditevent AS event
        WHERE event.stream = wanted COLLATE "C" ORDER BY event.seq DESC LIMIT 1;
END;
$$;

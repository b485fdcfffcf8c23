-- name: heads
-- One call a stream, in the order given: a function scan yields its rows in their order, and a nested loop keeps it.
SELECT wanted.stream, head.seq, head.hash
FROM unnest(%s::text[]) AS wanted (stream) CROSS JOIN LATERAL doleance_journal_head(wanted.stream) AS head

-- name: locked_subject_keys
SELECT subject, wrapped, master FROM doleance_subjectkey WHERE subject = ANY(%s) ORDER BY subject FOR KEY SHARE

-- name: open_walk
DECLARE doleance_walk NO SCROLL CURSOR FOR
SELECT stream, seq, prev_hash, facts, payload, commitment, hash FROM doleance_auditevent ORDER BY stream, seq

-- name: walk
FETCH FORWARD {size} FROM doleance_walk

-- name: close_walk
CLOSE doleance_walk

-- name: moment
SELECT statement_timestamp()

-- name: about
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'doleance_auditevent'::regclass

-- name: is_owner
SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'doleance_auditevent'::regclass

-- name: missing_protections
WITH expected (relation, function, events) AS (
    -- The bits of pg_trigger.tgtype: 4 insert, 8 delete, 16 update, 32 truncate.
    SELECT relation, 'doleance_refuse_outside_action', 60 FROM unnest(%(tables)s::text[]) AS relation
    UNION ALL
    SELECT 'doleance_auditevent', 'doleance_refuse_journal_change', 56
), present (relation, function, events) AS (
    SELECT tgrelid::regclass::text, proname::text, bit_or(tgtype)
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgqual IS NULL AND tgattr = ''
      -- One that a replica skips is away where ALWAYS was asked.
      AND (tgenabled = 'A' OR tgenabled = 'O' AND proname = 'doleance_refuse_outside_action')
    GROUP BY tgrelid, proname
)
SELECT format('%%s (%%s)', expected.relation, expected.function)
FROM expected LEFT JOIN present USING (relation, function)
WHERE coalesce(present.events, 0) & expected.events <> expected.events
UNION ALL
SELECT format('doleance_auditevent (%%s)', name)
FROM unnest(ARRAY['doleance_auditevent_pkey', 'auditevent_no_fork', 'auditevent_hash_sizes']) AS name
WHERE NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = 'doleance_auditevent'::regclass AND conname = name AND convalidated
)
UNION ALL
SELECT format('doleance_auditevent (doleance_app: %%s)', privilege)
FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege, pg_roles
WHERE rolname = 'doleance_app' AND has_table_privilege(rolname, 'doleance_auditevent', privilege)
ORDER BY 1

-- name: head
SELECT seq, hash FROM doleance_journal_head(%s)

-- name: locked_subject_key
SELECT subject, wrapped, master FROM doleance_subjectkey WHERE subject = %s FOR KEY SHARE

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
WITH expected (relation, kind, name) AS (
    VALUES ('doleance_auditevent', 'trigger', 'doleance_append_only'),
           ('doleance_auditevent', 'constraint', 'doleance_auditevent_pkey'),
           ('doleance_auditevent', 'constraint', 'auditevent_no_fork'),
           ('doleance_auditevent', 'constraint', 'auditevent_hash_sizes')
    UNION ALL
    SELECT relation, 'trigger', 'doleance_guard' FROM unnest(%(tables)s::text[]) AS relation
), present (relation, kind, name) AS (
    SELECT tgrelid::regclass::text, 'trigger', tgname::text FROM pg_trigger
    -- A trigger that an ordinary session skips (disabled) or that a replica skips (where ALWAYS was asked) is away.
    WHERE tgenabled = 'A' OR tgenabled = 'O' AND tgname <> 'doleance_append_only'
    UNION ALL
    SELECT conrelid::regclass::text, 'constraint', conname::text FROM pg_constraint WHERE convalidated
)
SELECT relation || '.' || name FROM (SELECT * FROM expected EXCEPT SELECT * FROM present) AS missing
UNION ALL
SELECT 'doleance_app : ' || privilege || ' doleance_auditevent'
FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege, pg_roles
WHERE rolname = 'doleance_app' AND has_table_privilege(rolname, 'doleance_auditevent', privilege)
ORDER BY 1

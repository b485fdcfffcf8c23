-- Files that hold what is sought among those registered last, `looked` of them at most: identifiers grow with time. A
-- walk along them costs a microsecond a file, where the index would gather the whole of a common word first. Few by
-- estimate, so that what asks for it looks its files up one by one.
CREATE FUNCTION doleance_latest(sought tsquery, looked integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 500 SET enable_seqscan = off AS $$
    SELECT complaint_id
    FROM (SELECT complaint_id, document FROM doleance_filewords ORDER BY complaint_id DESC LIMIT looked) AS latest
    WHERE document @@ sought
    ORDER BY complaint_id DESC
$$;

-- name: first
-- What is looked for and, where few of the newest hold it, all that the index gives up to a number, in one round trip.
-- OFFSET 0: neither is computed twice.
SELECT sought::text, CASE
    WHEN sought::text = '' THEN '{}'
    WHEN (SELECT count(*) FROM (SELECT doleance_latest(sought, near) OFFSET 0) AS latest) < common
        THEN ARRAY(SELECT doleance_found(sought, most))
    END
FROM (
    SELECT %s::integer AS common, %s::integer AS most, %s::integer AS near,
        doleance_sought(%s::text[], %s::text[]) AS sought
    OFFSET 0
) AS asked

-- name: found
SELECT doleance_found(%s::tsquery, %s)

-- name: all_found
SELECT doleance_found(%s::tsquery, NULL)

-- name: latest_few
SELECT doleance_latest(%s::tsquery, %s) LIMIT %s

-- name: since
SELECT complaint_id FROM doleance_filewords WHERE complaint_id >= %s LIMIT %s

-- name: these
SELECT unnest(%s::uuid[])

-- name: near
-- A subquery of one row and not a join: a plan that asks the index of words first would sort all that it gives.
SELECT count(*), coalesce(array_agg(id) FILTER (WHERE holds), '{}')
FROM (
    SELECT walk.id, (SELECT document @@ %s::tsquery FROM doleance_filewords WHERE complaint_id = walk.id) AS holds
    FROM ({files}) AS walk (id)
) AS seen

-- name: latest_of
-- Read only until there are enough; as above, a subquery of one row.
SELECT walk.id FROM (SELECT doleance_latest(%s::tsquery, %s) AS id OFFSET 0) AS walk
WHERE (SELECT true FROM ({files}) AS files (id) WHERE files.id = walk.id)
LIMIT %s

-- name: walk
SELECT walk.id FROM ({files}) AS walk (id)
WHERE (SELECT document FROM doleance_filewords WHERE complaint_id = walk.id) @@ %s::tsquery
LIMIT %s

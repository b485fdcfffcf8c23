-- name: query
SELECT doleance_sought(%s::text[], %s::text[])::text

-- name: found
SELECT doleance_found(%s::tsquery, %s)

-- name: all_found
SELECT doleance_found(%s::tsquery, NULL)

-- name: latest
SELECT doleance_latest(%s::tsquery, %s)

-- name: latest_few
SELECT doleance_latest(%s::tsquery, %s) LIMIT %s

-- name: since
SELECT complaint_id FROM doleance_filewords WHERE complaint_id >= %s LIMIT %s

-- name: these
SELECT unnest(%s::uuid[])

-- name: near
-- A subquery of one row and not a join: a plan that asks the index of words first would sort all that it gives.
SELECT count(*), coalesce(array_agg(id) FILTER (WHERE holds), '{{}}')
FROM (
    SELECT walk.id, (SELECT document @@ %s::tsquery FROM doleance_filewords WHERE complaint_id = walk.id) AS holds
    FROM ({files}) AS walk (id)
) AS seen

-- name: walk
SELECT walk.id FROM ({files}) AS walk (id)
WHERE (SELECT document FROM doleance_filewords WHERE complaint_id = walk.id) @@ %s::tsquery
LIMIT %s

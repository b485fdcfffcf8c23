-- name: unread_without_job
-- Messages stored for some time that nobody has read, and which no job that waits or runs will read: neither by its
-- own name, nor among others, nor as what an import stored.
WITH live AS (
    SELECT job.task_name, job.args
    FROM procrastinate_jobs AS job
    WHERE job.status IN ('todo', 'doing')
      AND job.task_name IN (%(one)s, %(some)s, %(run)s)
),
named AS (
    SELECT live.args ->> 'message_id' AS message_id
    FROM live
    WHERE live.task_name = %(one)s
    UNION ALL
    SELECT one.message_id
    FROM live, jsonb_array_elements_text(live.args -> 'message_ids') AS one (message_id)
    WHERE live.task_name = %(some)s
)
SELECT message.id
FROM doleance_message AS message
WHERE message.state = 'stored'
  AND message.direction = 'in'
  AND message.stored_at < %(before)s
  AND NOT EXISTS (SELECT 1 FROM named WHERE named.message_id = message.id::text)
  AND NOT EXISTS (
      SELECT 1
      FROM doleance_importline AS line
      JOIN live ON live.task_name = %(run)s AND live.args ->> 'run_id' = line.run_id::text
      WHERE line.message_id = message.id
  )
ORDER BY message.id
LIMIT %(limit)s

-- name: presses
-- How many drafts were pressed since a moment, counted so far and no further; one row a window that is asked about.
-- `of` says what those it counts have in common: the address they name, the network they come from, nothing.
SELECT CASE asked.of
    WHEN 'named' THEN (
        SELECT count(*) FROM (
            SELECT FROM doleance_draft
            WHERE named = ANY(%(named)s) AND pressed_at > asked.since AND id <> %(draft)s
            LIMIT asked.most
        ) AS found
    )
    WHEN 'origin' THEN (
        SELECT count(*) FROM (
            SELECT FROM doleance_draft
            WHERE origin = ANY(%(origin)s) AND pressed_at > asked.since AND id <> %(draft)s
            LIMIT asked.most
        ) AS found
    )
    ELSE (
        SELECT count(*) FROM (
            SELECT FROM doleance_draft WHERE pressed_at > asked.since AND id <> %(draft)s LIMIT asked.most
        ) AS found
    )
END
FROM unnest(%(of)s::text[], %(since)s::timestamptz[], %(most)s::bigint[])
    WITH ORDINALITY AS asked (of, since, most, place)
ORDER BY asked.place

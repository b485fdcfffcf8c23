-- name: database_bytes
SELECT pg_database_size(current_database());

-- name: owns_tables
SELECT EXISTS (
    SELECT 1 FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'USAGE')
);

-- name: jobs
-- Jobs that succeeded are removed, so that the table stays small. One that was put off is old from the moment it was
-- put off to; the others from the moment they were asked for.
WITH job AS (
    SELECT id, status::text AS status, scheduled_at, coalesce(scheduled_at, now()) <= now() AS may_run
    FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing', 'failed')
), oldest AS (
    SELECT min(coalesce(job.scheduled_at, (
        SELECT max(event.at) FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type IN ('deferred', 'deferred_for_retry', 'retried')
    ))) AS since
    FROM job
    WHERE status = 'todo' AND may_run
)
SELECT
    count(*) FILTER (WHERE status = 'todo' AND may_run),
    count(*) FILTER (WHERE status = 'todo' AND NOT may_run),
    count(*) FILTER (WHERE status = 'doing'),
    count(*) FILTER (WHERE status = 'failed'),
    (SELECT greatest(coalesce(extract(epoch FROM now() - since), 0), 0) FROM oldest),
    (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(silent)s * interval '1 second')
FROM job;

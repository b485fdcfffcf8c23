-- name: lost
-- Queued notices whose moment has passed, which wait for no other of their file, and for which no job is waiting.
SELECT notice.id
FROM doleance_notice AS notice
WHERE notice.state = 'queued'
  AND notice.carrier_id IS NULL
  AND notice.not_before < %(before)s
  AND NOT EXISTS (
      SELECT 1
      FROM doleance_notice AS earlier
      WHERE earlier.complaint_id = notice.complaint_id
        AND notice.purpose <> 'code'
        AND earlier.purpose <> 'code'
        AND (earlier.state = 'sending' OR earlier.state = 'queued' AND NOT earlier.is_automatic AND earlier.purpose <> 'acknowledgement')
        AND (earlier.due_at, earlier.id) < (notice.due_at, notice.id)
  )
  AND NOT EXISTS (
      SELECT 1
      FROM procrastinate_jobs AS job
      WHERE job.task_name = %(task)s
        AND job.status = 'todo'
        AND (job.scheduled_at IS NULL OR job.scheduled_at <= %(at)s)
        AND job.args ->> 'notice_id' = notice.id::text
  )
ORDER BY notice.not_before, notice.id
LIMIT %(limit)s

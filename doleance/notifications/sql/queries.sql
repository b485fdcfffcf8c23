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

-- name: pointing
-- The final answers of merged files that left lately, stand, and of which no job says where they are.
SELECT DISTINCT answer.id, answer.sent_at
FROM doleance_complaint AS stub
JOIN doleance_complaint AS kept ON kept.id = stub.merged_into_id
JOIN doleance_notice AS answer ON answer.complaint_id = kept.id
WHERE stub.merged_into_id IS NOT NULL
  AND kept.state IN ('answered', 'follow_up', 'closed')
  AND answer.purpose = 'final'
  AND answer.state = 'sent'
  AND answer.sent_at >= %(since)s
  AND NOT EXISTS (
      SELECT 1
      FROM doleance_notice AS later
      WHERE later.complaint_id = kept.id
        AND later.purpose = 'final'
        AND later.state = 'sent'
        AND (later.sent_at, later.id) > (answer.sent_at, answer.id)
  )
  AND NOT EXISTS (
      SELECT 1
      FROM procrastinate_jobs AS job
      WHERE job.task_name = %(task)s
        AND job.status IN ('todo', 'doing')
        AND job.args ->> 'notice_id' = answer.id::text
  )
ORDER BY answer.sent_at, answer.id
LIMIT %(limit)s

-- What django-helpdesk gets of the complaints of a house. Its keys are numbers: each row of ours has one meanwhile.

-- name: number_files
CREATE TEMP TABLE numbered AS
SELECT row_number() OVER (ORDER BY received_at, id) AS number, * FROM doleance_complaint

-- name: number_teams
CREATE TEMP TABLE teams AS SELECT row_number() OVER (ORDER BY id) AS number, id FROM doleance_team

-- name: number_people
CREATE TEMP TABLE people AS SELECT row_number() OVER (ORDER BY id) AS number, id FROM doleance_user

-- name: index_files
CREATE INDEX ON numbered (id)

-- name: auth_user
SELECT people.number AS id, '!' AS password, false AS is_superuser, email AS username, '' AS first_name,
       name AS last_name, email, true AS is_staff, true AS is_active, now() AS date_joined
FROM doleance_user JOIN people USING (id)

-- name: helpdesk_queue
SELECT teams.number AS id, name AS title, 'q' || teams.number AS slug, false AS allow_public_submission,
       false AS allow_email_submission, 0 AS escalate_days, '' AS new_ticket_cc, '' AS updated_ticket_cc,
       false AS email_box_ssl, 'none' AS logging_type, false AS enable_notifications_on_email_events
FROM doleance_team JOIN teams USING (id)

-- name: helpdesk_ticket
SELECT file.number AS id, file.title, team.number AS queue_id, file.received_at AS created,
       file.changed_at AS modified, mail.value AS submitter_email, owner.number AS assigned_to_id,
       CASE WHEN file.state IN ('closed', 'forwarded', 'merged', 'withdrawn') THEN 4
            WHEN file.state IN ('answered', 'follow_up') THEN 3
            WHEN file.state = 'reopened' THEN 2 ELSE 1 END AS status,
       false AS on_hold, said.text AS description, answered.text AS resolution,
       CASE WHEN file.is_safety THEN 1 ELSE 3 END AS priority, file.next_due_at AS due_date,
       file.id::text AS secret_key
FROM numbered file
JOIN teams team ON team.id = file.team_id
LEFT JOIN people owner ON owner.id = file.owner_id
LEFT JOIN LATERAL (
    SELECT value FROM doleance_address WHERE party_id = file.party_id AND channel = 'email' LIMIT 1
) mail ON true
LEFT JOIN LATERAL (
    SELECT text FROM doleance_exchange WHERE complaint_id = file.id AND kind = 'inbound' ORDER BY at LIMIT 1
) said ON true
LEFT JOIN LATERAL (
    SELECT text FROM doleance_exchange WHERE complaint_id = file.id AND kind = 'outbound' ORDER BY at DESC LIMIT 1
) answered ON true

-- name: helpdesk_followup
SELECT row_number() OVER () AS id, file.number AS ticket_id, one.at AS date, one.kind AS title, one.text AS comment,
       one.kind <> 'note' AS public, author.number AS user_id, one.id::text AS message_id
FROM doleance_exchange one
JOIN numbered file ON file.id = one.complaint_id
LEFT JOIN people author ON author.id = one.author_id

-- name: reader
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                       date_joined)
SELECT max(id) + 1, '!', true, 'reader', '', '', '', true, true, now() FROM auth_user

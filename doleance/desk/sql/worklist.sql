-- name: told
-- Of each file: the outcome of each grievance that counts, in order, and the channels by which the complainant wrote.
SELECT
    file.id,
    ARRAY(
        SELECT outcome FROM doleance_grievance WHERE complaint_id = file.id AND state <> %s ORDER BY number
    ),
    ARRAY(
        SELECT message.channel
        FROM doleance_exchange AS exchange JOIN doleance_message AS message ON message.id = exchange.message_id
        WHERE exchange.complaint_id = file.id AND exchange.kind = %s
        ORDER BY exchange.at, exchange.id
    )
FROM unnest(%s::uuid[]) AS file (id)

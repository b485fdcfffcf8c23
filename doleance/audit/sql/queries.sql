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


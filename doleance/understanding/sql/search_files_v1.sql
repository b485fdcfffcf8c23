-- The words by which a file is found, those of its attached files included. The rest is search_v1.sql.

-- The documents of files. What was said is under the stems of words as they are spelt, and under those of words without
-- accents: French stems differ (« réparées » gives répar, « reparees » repare), and whoever types « reparer » finds the
-- first, whoever types « reparees » the second. No stem keeps its accents. Names and addresses are no words of the
-- language: they have no stems, and a name may be a word that the language would pass over. What left the house is not
-- looked at: its letters all say the same. 60,000 signs a file, the latest first: a tsvector holds a megabyte, and
-- nothing may fail for being long. What was read of attached files comes last (docs/decisions/0114).
CREATE OR REPLACE FUNCTION doleance_words_of(files uuid[]) RETURNS TABLE (complaint_id uuid, document tsvector)
    LANGUAGE sql STABLE AS $$
    SELECT file.id,
        array_to_tsvector(ARRAY(
            SELECT lower(replace(file.reference, '-', ''))
            UNION SELECT doleance_line(way.normal) FROM doleance_address way
                WHERE way.party_id IN (file.party_id, file.representative_id) AND way.channel = 'phone'
                    AND doleance_line(way.normal) IS NOT NULL
            UNION SELECT doleance_line(number[1]) FROM regexp_matches(
                replace(said.words, '(0)', ''), E'((?:\\+|\\m0)[0-9](?:[ .\\-()/\\u00a0\\u202f]{0,2}[0-9]){7,13})', 'g'
            ) AS number WHERE doleance_line(number[1]) IS NOT NULL
        ))
        || to_tsvector('pg_catalog.simple', doleance_folded(file.reference || ' ' || coalesce(called.names, '')))
        || doleance_bare(to_tsvector('pg_catalog.french', doleance_spelt(said.words))::text)::tsvector
        || to_tsvector('pg_catalog.french', doleance_folded(said.words))
    FROM doleance_complaint file
    CROSS JOIN LATERAL (
        SELECT left(string_agg(told.words, ' ' ORDER BY told.rank), 8000) AS names FROM (
            SELECT 1, name || ' ' || file.capacity FROM doleance_party
                WHERE id IN (file.party_id, file.representative_id)
            UNION ALL SELECT 2, value FROM doleance_address WHERE party_id IN (file.party_id, file.representative_id)
        ) AS told (rank, words)
    ) AS called
    CROSS JOIN LATERAL (
        SELECT left(string_agg(told.words, ' ' ORDER BY told.rank, told.at DESC), 60000) AS words FROM (
            SELECT 1, NULL::timestamptz, file.title
            UNION ALL SELECT 2, NULL, concat_ws(' ', point.title, CASE WHEN point.exchange_id IS NULL THEN point.quote END,
                    point.expected, point.wanted, fact.answers)
                FROM doleance_grievance point CROSS JOIN LATERAL (
                    SELECT string_agg(value, ' ') AS answers FROM jsonb_path_query(point.facts, '$.*') AS one,
                        LATERAL (SELECT one #>> '{}' AS value) AS bare
                ) AS fact
                WHERE point.complaint_id = file.id
            UNION ALL SELECT 3, item.at, concat_ws(' ', message.subject, item.text)
                FROM doleance_exchange item LEFT JOIN doleance_message message ON message.id = item.message_id
                WHERE item.complaint_id = file.id AND item.kind IN ('inbound', 'note')
            UNION ALL SELECT 4, reading.read_at, reading.text
                FROM doleance_filereading reading WHERE reading.complaint_id = file.id AND reading.text <> ''
        ) AS told (rank, at, words)
    ) AS said
    WHERE file.id = ANY(files)
$$;

CREATE TRIGGER doleance_words_of_attached AFTER INSERT ON doleance_filereading FOR EACH ROW
    WHEN (NEW.text <> '') EXECUTE FUNCTION doleance_follow_item();
CREATE TRIGGER doleance_words_not_attached AFTER DELETE ON doleance_filereading FOR EACH ROW
    WHEN (OLD.text <> '') EXECUTE FUNCTION doleance_follow_item();
CREATE TRIGGER doleance_words_of_attached_changed AFTER UPDATE OF text, complaint_id ON doleance_filereading FOR EACH ROW
    WHEN ((OLD.text, OLD.complaint_id) IS DISTINCT FROM (NEW.text, NEW.complaint_id))
    EXECUTE FUNCTION doleance_follow_item();

-- The words by which a file is found, kept beside it by the database itself: whatever action changes a title, what was
-- said, a grievance, a name or an address, the search knows it when the action is over. Core PostgreSQL only: neither
-- unaccent nor a configuration of our own, so that any server and any restored copy has them (docs/decisions/0082).

-- As it was written, signs that join words apart: the parser would make one token of « Jean-Pierre », « l’aller/retour »
-- or « helene.durand@courriel.example » that no single word finds.
CREATE FUNCTION doleance_spelt(written text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(normalize(written, NFKC), E'[-_./\\\\@:+~&%=?#''"<>’‐]+', ' ', 'g')
$$;

-- Without accents and ligatures. Put together again at the end: what is no Latin letter would be three times as long.
CREATE FUNCTION doleance_bare(written text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT normalize(translate(
        replace(replace(regexp_replace(normalize(written, NFKD), E'[\\u0300-\\u036f]+', '', 'g'),
            'œ', 'oe'), 'æ', 'ae'),
        'øłđ', 'old'), NFC)
$$;

-- The same without case and joining signs either: what somebody types who has no time for them. The same signs fall in
-- `kernel.text.fold`.
CREATE FUNCTION doleance_folded(written text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT doleance_bare(lower(doleance_spelt(written)))
$$;

-- A number by its last nine digits, which are the same with and without its country (`complainants.rules.SAME_LINE`);
-- null for what has no three digits.
CREATE FUNCTION doleance_line(written text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT 't' || right(digits, 9)
    FROM regexp_replace(replace(written, '(0)', ''), '[^0-9]+', '', 'g') AS digits
    WHERE length(digits) >= 3
$$;

-- The documents of files. What was said is under the stems of words as they are spelt, and under those of words without
-- accents: French stems differ (« réparées » gives répar, « reparees » repare), and whoever types « reparer » finds the
-- first, whoever types « reparees » the second. No stem keeps its accents. Names and addresses are no words of the
-- language: they have no stems, and a name may be a word that the language would pass over. What left the house is not
-- looked at: its letters all say the same. 60,000 signs a file, the latest first: a tsvector holds a megabyte, and
-- nothing may fail for being long.
CREATE FUNCTION doleance_words_of(files uuid[]) RETURNS TABLE (complaint_id uuid, document tsvector)
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
        ) AS told (rank, at, words)
    ) AS said
    WHERE file.id = ANY(files)
$$;

-- Write the documents of these files anew. Their people are held first, each statement of a volatile function seeing
-- what was committed before it began: of two changes at once to what one document says, the second sees the first.
-- Planned once a connection: to plan it takes longer than to do it.
CREATE FUNCTION doleance_write_words(files uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF cardinality(files) = 0 THEN
        RETURN;
    END IF;
    PERFORM FROM doleance_party WHERE id IN (
        SELECT party_id FROM doleance_complaint WHERE id = ANY(files)
        UNION SELECT representative_id FROM doleance_complaint WHERE id = ANY(files)
    ) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO doleance_filewords AS kept (complaint_id, document)
        SELECT found.complaint_id, found.document FROM doleance_words_of(files) AS found ORDER BY found.complaint_id
        ON CONFLICT (complaint_id) DO UPDATE SET document = EXCLUDED.document
        WHERE kept.document IS DISTINCT FROM EXCLUDED.document;
END;
$$;

CREATE FUNCTION doleance_follow_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM doleance_write_words(ARRAY[OLD.id, NEW.id]);
    RETURN NULL;
END;
$$;

-- Mails are read fifty at a time, and their exchanges inserted together.
CREATE FUNCTION doleance_follow_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM doleance_write_words(ARRAY(
        SELECT DISTINCT complaint_id FROM fresh WHERE kind IN ('inbound', 'note') ORDER BY complaint_id
    ));
    RETURN NULL;
END;
$$;

CREATE FUNCTION doleance_follow_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM doleance_write_words(ARRAY[OLD.complaint_id, NEW.complaint_id]);
    RETURN NULL;
END;
$$;

CREATE FUNCTION doleance_follow_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person uuid := CASE TG_TABLE_NAME WHEN 'doleance_party' THEN to_jsonb(coalesce(NEW, OLD)) ->> 'id'
                   ELSE to_jsonb(coalesce(NEW, OLD)) ->> 'party_id' END;
BEGIN
    -- Held before their files are counted: one that somebody else is opening for them waits, or is seen.
    PERFORM FROM doleance_party WHERE id = person FOR NO KEY UPDATE;
    PERFORM doleance_write_words(ARRAY(
        SELECT id FROM doleance_complaint WHERE party_id = person OR representative_id = person ORDER BY id
    ));
    RETURN NULL;
END;
$$;

-- A file is opened with its first exchange, in one write: that exchange writes its words, once.
CREATE TRIGGER doleance_words_of_file
    AFTER UPDATE OF title, reference, party_id, representative_id, capacity ON doleance_complaint FOR EACH ROW
    WHEN ((OLD.title, OLD.reference, OLD.party_id, OLD.representative_id, OLD.capacity)
        IS DISTINCT FROM (NEW.title, NEW.reference, NEW.party_id, NEW.representative_id, NEW.capacity))
    EXECUTE FUNCTION doleance_follow_file();

CREATE TRIGGER doleance_words_said AFTER INSERT ON doleance_exchange REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION doleance_follow_said();
CREATE TRIGGER doleance_words_unsaid AFTER DELETE ON doleance_exchange FOR EACH ROW
    WHEN (OLD.kind IN ('inbound', 'note')) EXECUTE FUNCTION doleance_follow_item();
CREATE TRIGGER doleance_words_said_otherwise AFTER UPDATE OF text, kind, complaint_id ON doleance_exchange FOR EACH ROW
    WHEN ((OLD.text, OLD.kind, OLD.complaint_id) IS DISTINCT FROM (NEW.text, NEW.kind, NEW.complaint_id))
    EXECUTE FUNCTION doleance_follow_item();

CREATE TRIGGER doleance_words_of_point AFTER INSERT OR DELETE ON doleance_grievance FOR EACH ROW
    EXECUTE FUNCTION doleance_follow_item();
CREATE TRIGGER doleance_words_of_point_changed
    AFTER UPDATE OF title, quote, expected, wanted, facts, exchange_id, complaint_id ON doleance_grievance FOR EACH ROW
    WHEN ((OLD.title, OLD.quote, OLD.expected, OLD.wanted, OLD.facts, OLD.exchange_id, OLD.complaint_id)
        IS DISTINCT FROM (NEW.title, NEW.quote, NEW.expected, NEW.wanted, NEW.facts, NEW.exchange_id, NEW.complaint_id))
    EXECUTE FUNCTION doleance_follow_item();

-- Somebody new has no file yet.
CREATE TRIGGER doleance_words_of_person AFTER UPDATE OF name ON doleance_party FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION doleance_follow_person();
CREATE TRIGGER doleance_words_of_address AFTER INSERT OR DELETE ON doleance_address FOR EACH ROW
    EXECUTE FUNCTION doleance_follow_person();
CREATE TRIGGER doleance_words_of_address_changed AFTER UPDATE OF value, normal ON doleance_address FOR EACH ROW
    WHEN ((OLD.value, OLD.normal) IS DISTINCT FROM (NEW.value, NEW.normal)) EXECUTE FUNCTION doleance_follow_person();

-- What to look for: every one of the `typed` words or phrases, by its stems, without its accents, or as a name is
-- written; `marks` has beside each what a reference or a number is kept under, or nothing. Words that the language
-- passes over (« de », « la ») are passed over, unless nothing else was typed: then they are names. It raises on
-- nothing: each of these parses what is given as plain words.
CREATE FUNCTION doleance_sought(typed text[], marks text[]) RETURNS tsquery
    LANGUAGE plpgsql STABLE SET client_min_messages = error AS $$
DECLARE
    said text; mark text; stems tsquery; plain tsquery;
    wanted tsquery := ''; passed_over tsquery := '';
BEGIN
    FOR said, mark IN SELECT * FROM unnest(typed, marks) LOOP
        stems := doleance_bare(phraseto_tsquery('pg_catalog.french', doleance_spelt(said))::text)::tsquery
            || phraseto_tsquery('pg_catalog.french', doleance_folded(said));
        plain := phraseto_tsquery('pg_catalog.simple', doleance_folded(said));
        IF mark <> '' THEN
            plain := plain || to_tsquery('pg_catalog.simple', quote_literal(mark));
        END IF;
        IF numnode(stems) = 0 AND mark = '' THEN
            passed_over := passed_over && plain;
        ELSE
            wanted := wanted && (stems || plain);
        END IF;
    END LOOP;
    RETURN CASE WHEN numnode(wanted) = 0 THEN passed_over ELSE wanted END;
END;
$$;

-- Up to `most` files that hold what is sought, in no order, by the index whatever the planner expects: two words that
-- are common apart may be rare together, and a scan that hopes to meet them soon would read every document.
CREATE FUNCTION doleance_found(sought tsquery, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SET enable_seqscan = off AS $$
    SELECT complaint_id FROM doleance_filewords WHERE document @@ sought LIMIT most
$$;

-- The nearest files by what they say, where the server has the extension `vector` (docs/decisions/0112). Run by
-- `doleance vectors`; running it again changes nothing. All of it lies in a schema of its own: it is derived, no backup
-- holds it, and dropping the schema leaves Doléance comparing by itself.

CREATE TABLE IF NOT EXISTS doleance_vectors.near (
    complaint_id uuid PRIMARY KEY,
    entity_id uuid NOT NULL,
    encoder text NOT NULL,
    received_at timestamptz NOT NULL,
    said doleance_vectors.halfvec(512) NOT NULL
);

-- A vector as Doléance keeps it: halves (IEEE 754, little-endian), two bytes each.
CREATE OR REPLACE FUNCTION doleance_vectors.opened(kept bytea) RETURNS doleance_vectors.halfvec
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(
        CASE WHEN bits & 32768 = 0 THEN 1 ELSE -1 END * CASE
            WHEN (bits >> 10) & 31 = 0 THEN (bits & 1023) * 5.9604644775390625e-8::float8
            ELSE (1 + (bits & 1023) / 1024.0::float8) * (2.0::float8 ^ (((bits >> 10) & 31) - 15))
        END ORDER BY place)::float4[]::doleance_vectors.halfvec
    FROM (
        SELECT place, get_byte(kept, 2 * place) | (get_byte(kept, 2 * place + 1) << 8) AS bits
        FROM generate_series(0, octet_length(kept) / 2 - 1) AS place
    ) AS halves
$$;

-- Copy what one file says from its traits, if it was received since then: files are compared with those of the last
-- months alone, and an index of these alone finds them; among those of years it loses them (docs/decisions/0112).
CREATE OR REPLACE FUNCTION doleance_vectors.note(file uuid, since timestamptz) RETURNS void
    LANGUAGE sql AS $$
    DELETE FROM doleance_vectors.near n WHERE n.complaint_id = file AND NOT EXISTS (
        SELECT FROM public.doleance_traits t
        WHERE t.complaint_id = file AND octet_length(t.vector) = 1024 AND t.received_at >= since);
    INSERT INTO doleance_vectors.near
        SELECT complaint_id, entity_id, encoder, received_at, doleance_vectors.opened(vector)
        FROM public.doleance_traits WHERE complaint_id = file AND octet_length(vector) = 1024 AND received_at >= since
    ON CONFLICT (complaint_id) DO UPDATE SET
        entity_id = excluded.entity_id, encoder = excluded.encoder, received_at = excluded.received_at,
        said = excluded.said
$$;

-- Let go of the files that nobody is compared with any more; how many they were.
CREATE OR REPLACE FUNCTION doleance_vectors.keep_since(since timestamptz) RETURNS bigint
    LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM doleance_vectors.near WHERE received_at < since RETURNING 1) SELECT count(*) FROM gone
$$;

-- Who is erased has no traits any more (understanding/sql/erased_v1.sql), and no vector here.
CREATE OR REPLACE FUNCTION doleance_vectors.forget() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM doleance_vectors.near WHERE complaint_id = OLD.complaint_id;
    RETURN NULL;
END;
$$;

DROP TRIGGER IF EXISTS doleance_vectors_forget ON public.doleance_traits;
CREATE TRIGGER doleance_vectors_forget AFTER DELETE ON public.doleance_traits
    FOR EACH ROW EXECUTE FUNCTION doleance_vectors.forget();

-- The files of a company that say nearly what a vector does. Vectors have length one: their product is a cosine.
CREATE OR REPLACE FUNCTION doleance_vectors.nearest(
    company uuid, model text, kept bytea, since timestamptz, most integer
) RETURNS TABLE (complaint_id uuid, cosine float8)
    LANGUAGE sql STABLE
    SET hnsw.ef_search = 100
    SET hnsw.iterative_scan = 'relaxed_order'
    SET search_path = doleance_vectors, pg_temp
    AS $$
    SELECT n.complaint_id, -(n.said <#> doleance_vectors.opened(kept)) AS cosine
    FROM doleance_vectors.near n
    WHERE n.entity_id = company AND n.encoder = model AND n.received_at >= since AND octet_length(kept) = 1024
    ORDER BY n.said <#> doleance_vectors.opened(kept)
    LIMIT most
$$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'doleance_app') THEN
        GRANT USAGE ON SCHEMA doleance_vectors TO doleance_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON doleance_vectors.near TO doleance_app;
    END IF;
END $$;

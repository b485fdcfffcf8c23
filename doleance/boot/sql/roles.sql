-- The three roles, and who may come into the current database. Run by a superuser; running it again changes nothing.
-- What each role may do with the tables is the matter of the migrations (audit/sql/roles_v1.sql).
-- doleance_owner   owns the schema, runs the migrations
-- doleance_app     web and worker: reads and writes rows, never the schema
-- doleance_auditor reads
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['doleance_owner', 'doleance_app', 'doleance_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
    END LOOP;
    EXECUTE format('ALTER DATABASE %I OWNER TO doleance_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO doleance_app, doleance_auditor', current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

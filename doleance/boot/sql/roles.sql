-- The three roles, and what each may do in the current database. Run by a superuser; running it again changes nothing.
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
GRANT USAGE ON SCHEMA public TO doleance_app, doleance_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE doleance_owner
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO doleance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE doleance_owner
    GRANT USAGE, SELECT ON SEQUENCES TO doleance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE doleance_owner
    GRANT SELECT ON TABLES TO doleance_auditor;

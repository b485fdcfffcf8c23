-- Three roles: whoever migrates owns the tables; doleance_app works in them; doleance_auditor reads them.
-- They belong to the whole server and are made where that is permitted. In a database lent with one account only,
-- the account goes on as owner and the triggers alone protect the journal: `doleance verify` says so.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['doleance_app', 'doleance_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RAISE NOTICE 'role % cannot be created by %', wanted, current_user;
                WHEN duplicate_object OR unique_violation THEN
                    NULL;  -- another database of this server was migrated at the same moment
            END;
        END IF;
    END LOOP;
END;
$$;

-- Give the roles that exist what they need on everything in this schema, now and to come.
CREATE FUNCTION doleance_grant() RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    place text := quote_ident(current_schema());
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'doleance_app') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %s TO doleance_app', place);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO doleance_app', place);
        EXECUTE format('GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA %s TO doleance_app', place);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO doleance_app', place);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT, USAGE ON SEQUENCES TO doleance_app', place);
        REVOKE UPDATE, DELETE, TRUNCATE ON doleance_auditevent FROM doleance_app;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM doleance_app;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'doleance_auditor') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %s TO doleance_auditor', place);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO doleance_auditor', place);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT ON TABLES TO doleance_auditor', place);
    END IF;
END;
$$;

SELECT doleance_grant();

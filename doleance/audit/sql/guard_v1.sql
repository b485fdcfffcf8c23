-- A business table is written by an action or not at all. `kernel.db.write` announces the running action in the
-- setting doleance.action, for the length of its transaction.

CREATE FUNCTION doleance_refuse_outside_action() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('doleance.action', true), '') <> '' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    -- Row by row, the arguments name columns that may change alone, outside an action.
    IF TG_LEVEL = 'ROW' AND TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % outside an action', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Write through an action (doleance.kernel.db.write).';
END;
$$;

-- Guard a business table. `free` names columns that others than actions may change, such as a password hash.
CREATE FUNCTION doleance_guard(guarded regclass, VARIADIC free text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    arguments text := (SELECT coalesce(string_agg(quote_literal(name), ', '), '') FROM unnest(free) AS name);
BEGIN
    IF cardinality(free) = 0 THEN
        EXECUTE format(
            'CREATE TRIGGER doleance_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION doleance_refuse_outside_action()', guarded);
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TRIGGER doleance_guard BEFORE INSERT OR UPDATE OR DELETE ON %s
         FOR EACH ROW EXECUTE FUNCTION doleance_refuse_outside_action(%s)', guarded, arguments);
    EXECUTE format(
        'CREATE TRIGGER doleance_guard_truncate BEFORE TRUNCATE ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION doleance_refuse_outside_action()', guarded);
END;
$$;

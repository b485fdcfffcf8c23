-- A business table is written by an action or not at all. `kernel.db.write` announces the running action in the
-- setting doleance.action, for the length of its transaction.

CREATE FUNCTION doleance_refuse_outside_action() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('doleance.action', true), '') <> '' THEN
        RETURN NEW;
    END IF;
    -- Row by row, at an update: the arguments name the columns that may change alone, outside an action.
    IF TG_LEVEL = 'ROW' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % outside an action', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Write through an action (doleance.kernel.db.write).';
END;
$$;

-- Guard a business table. `free` names columns that others than actions may change, such as a password hash: then
-- updates are judged row by row.
CREATE FUNCTION doleance_guard(guarded regclass, VARIADIC free text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    columns text := (SELECT coalesce(string_agg(quote_literal(name), ', '), '') FROM unnest(free) AS name);
    whole text := CASE WHEN columns = '' THEN 'INSERT OR UPDATE OR DELETE OR TRUNCATE' ELSE 'INSERT OR DELETE OR TRUNCATE' END;
BEGIN
    EXECUTE format(
        'CREATE TRIGGER doleance_guard BEFORE %s ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION doleance_refuse_outside_action()', whole, guarded);
    IF columns <> '' THEN
        EXECUTE format(
            'CREATE TRIGGER doleance_guard_columns BEFORE UPDATE ON %s
             FOR EACH ROW EXECUTE FUNCTION doleance_refuse_outside_action(%s)', guarded, columns);
    END IF;
END;
$$;

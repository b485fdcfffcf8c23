-- Which traits were written since: a number that grows at every writing, in whatever file. No clock tells it, since that
-- of a transaction is read at its beginning and that of a machine may jump.

CREATE SEQUENCE doleance_traits_turns;

CREATE FUNCTION doleance_next_turn() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.turn := nextval('doleance_traits_turns');
    RETURN NEW;
END;
$$;

CREATE TRIGGER doleance_traits_turn BEFORE INSERT OR UPDATE ON doleance_traits
    FOR EACH ROW EXECUTE FUNCTION doleance_next_turn();

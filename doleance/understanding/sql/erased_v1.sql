-- What is derived of somebody's words goes with their key, in the transaction that destroys it (docs/decisions/0012).
-- A subject is a person, or a file of which nobody is known.

CREATE FUNCTION doleance_forget_derived() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM doleance_traits traits USING doleance_complaint file
        WHERE traits.complaint_id = file.id AND coalesce(file.party_id, file.id) = OLD.subject;
    UPDATE doleance_filereading reading SET text = '' FROM doleance_complaint file
        WHERE reading.complaint_id = file.id AND coalesce(file.party_id, file.id) = OLD.subject AND reading.text <> '';
    RETURN NULL;
END;
$$;

CREATE TRIGGER doleance_forget_derived AFTER DELETE ON doleance_subjectkey
    FOR EACH ROW EXECUTE FUNCTION doleance_forget_derived();

-- The table of Django's DatabaseCache (rate limits of signing in). Unlogged: it may be lost, so it costs little.
CREATE UNLOGGED TABLE cache_entry (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX cache_entry_expires ON cache_entry (expires);

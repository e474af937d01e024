-- meaning: which migrations were applied, and which text of the projection macros is installed
-- grain: one applied migration; one row for the macros
-- reads: nothing
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER,
    name VARCHAR,
    applied_at TIMESTAMPTZ
);

CREATE TABLE IF NOT EXISTS schema_projections (
    content_hash VARCHAR
);

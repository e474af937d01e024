-- meaning: empty tables for what a portion's proofs and judgements find
-- grain: proven and judged one valid line of the portion
-- reads: nothing
CREATE OR REPLACE TEMP TABLE proven (
    ordinal BIGINT,
    known_at TIMESTAMPTZ,
    content_hash VARCHAR,
    is_proven BOOLEAN
);

CREATE OR REPLACE TEMP TABLE judged (
    ordinal BIGINT,
    source VARCHAR,
    id VARCHAR,
    type VARCHAR,
    subject VARCHAR,
    time TIMESTAMPTZ,
    recordedtime TIMESTAMPTZ,
    known_at TIMESTAMPTZ,
    sequence VARCHAR,
    datacontenttype VARCHAR,
    dataschema VARCHAR,
    attributes VARCHAR,
    flags VARCHAR[],
    data VARCHAR,
    content_hash VARCHAR
);

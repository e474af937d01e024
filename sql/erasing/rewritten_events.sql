-- meaning: events as they are to stand after an erasure; is_named where they named the customer themselves, and
--          not only the file that they were read from
-- grain: one event
-- reads: nothing
CREATE OR REPLACE TEMP TABLE rewritten_events (
    log_position BIGINT,
    source VARCHAR,
    id VARCHAR,
    subject VARCHAR,
    sequence VARCHAR,
    dataschema VARCHAR,
    source_file VARCHAR,
    attributes VARCHAR,
    data VARCHAR,
    is_named BOOLEAN
);

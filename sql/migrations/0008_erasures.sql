-- meaning: the customers whom forget has erased: when, how much, and under which pseudonym their events go on;
--          never who they were
-- grain: one erasure
-- reads: nothing
CREATE TABLE erasures (
    pseudonym VARCHAR NOT NULL,
    erased_at TIMESTAMPTZ NOT NULL,
    events BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    batches BIGINT NOT NULL
);

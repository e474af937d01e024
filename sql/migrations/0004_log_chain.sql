-- meaning: tamper evidence: an entry seals the events of one batch, and carries the hash of the entry before it
-- grain: one sealed batch, or one amendment of a batch by an erasure
-- reads: nothing
CREATE TABLE log_chain (
    entry_number BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    batch_id VARCHAR NOT NULL,
    first_position BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    events BIGINT NOT NULL,
    form BIGINT NOT NULL,
    salt VARCHAR,
    content_digest VARCHAR NOT NULL,
    previous_hash VARCHAR NOT NULL,
    entry_hash VARCHAR NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL
);

-- meaning: the append-only event log, what landing refused, and the account of every landed file;
--          no key or index carries correctness: landing keeps identities apart by anti-join. Payloads in ZSTD take
--          two thirds of the room and of the time to write that FSST takes
-- grain: events one landed event; quarantine one refused line; landing_manifest one landed file
-- reads: nothing
CREATE TABLE events ( -- noqa: PRS
    log_position BIGINT NOT NULL,
    source VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    subject VARCHAR,
    time TIMESTAMPTZ NOT NULL,
    recordedtime TIMESTAMPTZ,
    known_at TIMESTAMPTZ NOT NULL,
    landed_at TIMESTAMPTZ NOT NULL,
    sequence VARCHAR,
    datacontenttype VARCHAR,
    dataschema VARCHAR,
    batch_id VARCHAR NOT NULL,
    source_file VARCHAR NOT NULL,
    source_line BIGINT NOT NULL,
    event_key UUID NOT NULL,
    content_hash VARCHAR NOT NULL,
    attributes JSON,
    flags VARCHAR[] NOT NULL,
    data JSON USING COMPRESSION zstd NOT NULL
);

CREATE TABLE quarantine (
    batch_id VARCHAR NOT NULL,
    source_file VARCHAR NOT NULL,
    source_line BIGINT NOT NULL,
    raw VARCHAR NOT NULL,
    envelope VARCHAR,
    reason VARCHAR NOT NULL,
    message VARCHAR NOT NULL,
    quarantined_at TIMESTAMPTZ NOT NULL,
    relanded_at TIMESTAMPTZ
);

CREATE TABLE landing_manifest (
    batch_id VARCHAR NOT NULL,
    source_file VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    mapping VARCHAR,
    mapping_hash VARCHAR NOT NULL,
    lines BIGINT NOT NULL,
    blank BIGINT NOT NULL,
    landed BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    landed_at TIMESTAMPTZ NOT NULL
);

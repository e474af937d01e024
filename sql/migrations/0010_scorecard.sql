-- meaning: production against the seasonal naive origin by origin, and where it loses to it; columns as
--          pipeline.schemas.tables declares them
-- grain: as declared there
-- reads: accuracy
ALTER TABLE accuracy ADD COLUMN origins_lost BIGINT;
ALTER TABLE accuracy ADD COLUMN pinball_ratio_least DOUBLE;
ALTER TABLE accuracy ADD COLUMN pinball_ratio_most DOUBLE;

CREATE TABLE scorecard (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    level VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    lag_weeks BIGINT NOT NULL,
    origins BIGINT NOT NULL,
    nodes BIGINT NOT NULL,
    nodes_lost BIGINT NOT NULL,
    nodes_lost_always BIGINT NOT NULL,
    pinball_ratio DOUBLE,
    pinball_ratio_least DOUBLE,
    pinball_ratio_most DOUBLE,
    range_confidence DOUBLE NOT NULL,
    excess_pinball DOUBLE NOT NULL,
    excess_share DOUBLE,
    worst_segment VARCHAR,
    worst_generation VARCHAR,
    worst_region VARCHAR,
    worst_excess_pinball DOUBLE,
    worst_pinball_ratio DOUBLE,
    worst_origins_lost BIGINT,
    worst_origins BIGINT
);

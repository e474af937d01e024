-- meaning: what runs produce; columns as pipeline.schemas.tables declares them
-- grain: as declared there
-- reads: nothing
CREATE TABLE forecast (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    channel VARCHAR NOT NULL,
    segment VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    step BIGINT NOT NULL,
    unit VARCHAR NOT NULL,
    mean DOUBLE NOT NULL,
    p01 DOUBLE NOT NULL,
    p05 DOUBLE NOT NULL,
    p10 DOUBLE NOT NULL,
    p25 DOUBLE NOT NULL,
    p50 DOUBLE NOT NULL,
    p75 DOUBLE NOT NULL,
    p90 DOUBLE NOT NULL,
    p95 DOUBLE NOT NULL,
    p99 DOUBLE NOT NULL,
    model VARCHAR NOT NULL
);

CREATE TABLE forecast_quarters (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    channel VARCHAR NOT NULL,
    segment VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    fiscal_year VARCHAR NOT NULL,
    fiscal_quarter BIGINT NOT NULL,
    weeks BIGINT NOT NULL,
    is_whole BOOLEAN NOT NULL,
    statistic VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    mean DOUBLE NOT NULL,
    p01 DOUBLE NOT NULL,
    p05 DOUBLE NOT NULL,
    p10 DOUBLE NOT NULL,
    p25 DOUBLE NOT NULL,
    p50 DOUBLE NOT NULL,
    p75 DOUBLE NOT NULL,
    p90 DOUBLE NOT NULL,
    p95 DOUBLE NOT NULL,
    p99 DOUBLE NOT NULL
);

CREATE TABLE forecast_models (
    run_id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    segment VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    reason VARCHAR,
    observations BIGINT NOT NULL,
    first_week DATE,
    last_week DATE
);

CREATE TABLE chips_needed (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    channel VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    unit VARCHAR NOT NULL,
    mean DOUBLE NOT NULL,
    p10 DOUBLE NOT NULL,
    p50 DOUBLE NOT NULL,
    p90 DOUBLE NOT NULL,
    equivalent_chips_p50 DOUBLE
);

CREATE TABLE allocation (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    generation VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    chips BIGINT NOT NULL,
    shadow_price DOUBLE NOT NULL,
    currency VARCHAR NOT NULL,
    demand_chips DOUBLE NOT NULL,
    served_chips DOUBLE NOT NULL,
    is_frozen BOOLEAN NOT NULL,
    status VARCHAR NOT NULL
);

CREATE TABLE accuracy (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    level VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    segment VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    lag_weeks BIGINT NOT NULL,
    model VARCHAR NOT NULL,
    origins BIGINT NOT NULL,
    observations BIGINT NOT NULL,
    pinball DOUBLE,
    coverage_80 DOUBLE,
    coverage_90 DOUBLE,
    bias DOUBLE,
    mase DOUBLE,
    wape DOUBLE,
    pinball_ratio DOUBLE
);

CREATE TABLE data_quality (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    table_name VARCHAR NOT NULL,
    check_name VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    is_passed BOOLEAN NOT NULL,
    observed VARCHAR,
    expected VARCHAR,
    reason VARCHAR NOT NULL
);

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    kind VARCHAR NOT NULL,
    log_position BIGINT NOT NULL,
    policy_hash VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    code_version VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    message VARCHAR,
    finished_at TIMESTAMPTZ NOT NULL
);

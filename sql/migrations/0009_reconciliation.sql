-- meaning: how the levels of a forecast were brought into agreement; what each node was forecast as by itself
-- grain: run x channel x method; the column is added to the rows of forecast
-- reads: forecast
ALTER TABLE forecast ADD COLUMN base_mean DOUBLE;

CREATE TABLE forecast_reconciliation (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    channel VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    is_used BOOLEAN NOT NULL,
    origins BIGINT NOT NULL,
    relative_error DOUBLE
);

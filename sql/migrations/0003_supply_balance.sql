-- meaning: where every chip of a plan's supply went; columns as pipeline.schemas.tables declares them
-- grain: as declared there
-- reads: nothing
CREATE TABLE supply_balance (
    run_id VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    generation VARCHAR NOT NULL,
    opening_chips BIGINT NOT NULL,
    supplied_chips BIGINT NOT NULL,
    allocated_chips BIGINT NOT NULL,
    held_chips BIGINT NOT NULL,
    shadow_price DOUBLE NOT NULL,
    currency VARCHAR NOT NULL
);

-- meaning: what is kept of the projections, so that a question reads what is new and not all of history. The
--          first four hold all of the log up to the position in projection_state, whatever was known when; the
--          kept_ tables hold what counts as of its instant. All of it is a function of the log: it can be
--          thrown away and rebuilt
-- grain: usage_facts one event that reports use of the cloud; other_events one that does not;
--        retraction_targets one retraction and the event that it names; retracted_spans one retraction and
--        stretch of (instant, position) in which it is in force; kept_customers one customer;
--        kept_reservation_stretches reservation x stretch without a change; kept_cloud_usage segment x
--        generation x region x week; kept_demand_feeds channel x
--        generation x region x source x event type; kept_order_lines one order line; kept_declines one decline;
--        kept_need_signals one signal; kept_need_spans need x cause x stretch without a change;
--        projection_state one row, or none while nothing is kept
-- reads: nothing
CREATE TABLE usage_facts (
    log_position BIGINT NOT NULL,
    known_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    customer_id VARCHAR,
    segment VARCHAR,
    generation VARCHAR,
    region VARCHAR,
    purchase_option VARCHAR,
    instance_type VARCHAR,
    reservation_id VARCHAR,
    start_at TIMESTAMP,
    end_at TIMESTAMP,
    chip_hours DOUBLE
);

CREATE TABLE other_events (
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
    data JSON NOT NULL
);

CREATE TABLE retraction_targets (
    retraction_position BIGINT NOT NULL,
    log_position BIGINT NOT NULL
);

CREATE TABLE retracted_spans (
    retraction_position BIGINT NOT NULL,
    log_position BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_until TIMESTAMPTZ NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT NOT NULL
);

CREATE TABLE kept_customers (
    customer_id VARCHAR NOT NULL,
    segment VARCHAR,
    parent_id VARCHAR,
    country VARCHAR
);

CREATE TABLE kept_reservation_stretches (
    reservation_id VARCHAR NOT NULL,
    customer_id VARCHAR,
    segment VARCHAR NOT NULL,
    generation VARCHAR,
    region VARCHAR,
    chips BIGINT NOT NULL,
    from_at TIMESTAMP NOT NULL,
    until_at TIMESTAMP NOT NULL
);

CREATE TABLE kept_cloud_usage (
    segment VARCHAR NOT NULL,
    generation VARCHAR,
    region VARCHAR,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    metered_chips DOUBLE NOT NULL,
    reserved_chips DOUBLE NOT NULL,
    reserved_idle_chips DOUBLE NOT NULL,
    held_chips DOUBLE NOT NULL,
    peak_chips DOUBLE
);

CREATE TABLE kept_need_signals (
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    said_at TIMESTAMP NOT NULL,
    step BIGINT NOT NULL,
    tie VARCHAR NOT NULL,
    customer_id VARCHAR,
    segment VARCHAR,
    generation VARCHAR,
    region VARCHAR,
    need_id VARCHAR,
    retry_group_id VARCHAR,
    cause VARCHAR,
    ask_chips BIGINT,
    ask_from_at TIMESTAMP,
    ask_until_at TIMESTAMP,
    replaced_at TIMESTAMP,
    converted_chips BIGINT NOT NULL,
    reserved_chips BIGINT NOT NULL,
    granted_chips BIGINT NOT NULL,
    is_withdrawal BOOLEAN NOT NULL,
    chain_key VARCHAR NOT NULL
);

CREATE TABLE kept_need_spans (
    chain_key VARCHAR NOT NULL,
    need_key VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    customer_id VARCHAR,
    segment VARCHAR,
    generation VARCHAR,
    region VARCHAR,
    first_asked_at TIMESTAMP NOT NULL,
    from_at TIMESTAMP NOT NULL,
    until_at TIMESTAMP NOT NULL,
    open_chips DOUBLE NOT NULL
);

CREATE TABLE kept_order_lines (
    order_line VARCHAR NOT NULL,
    order_id VARCHAR,
    customer_id VARCHAR,
    segment VARCHAR NOT NULL,
    region VARCHAR,
    generation VARCHAR,
    placed_at TIMESTAMPTZ NOT NULL,
    chips_ordered BIGINT,
    chips_cancelled BIGINT,
    chips_declined BIGINT,
    chips_shipped BIGINT,
    chips_returned BIGINT,
    chips_open BIGINT,
    chips_promised BIGINT,
    requested_date DATE,
    promised_date DATE,
    unit_price DOUBLE,
    currency VARCHAR,
    lot_chips BIGINT,
    opportunity_id VARCHAR,
    contract_id VARCHAR,
    need_id VARCHAR
);

CREATE TABLE kept_declines (
    log_position BIGINT NOT NULL,
    subject VARCHAR NOT NULL,
    customer_id VARCHAR,
    segment VARCHAR NOT NULL,
    region VARCHAR,
    generation VARCHAR,
    reason VARCHAR,
    chips BIGINT,
    declined_at TIMESTAMPTZ NOT NULL,
    demanded_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE kept_demand_feeds (
    channel VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    events BIGINT NOT NULL
);

CREATE TABLE projection_state (
    log_position BIGINT NOT NULL,
    counted_position BIGINT NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_until TIMESTAMPTZ NOT NULL,
    closed_before DATE NOT NULL,
    window_days BIGINT NOT NULL,
    silent_days BIGINT NOT NULL
);

DROP MACRO TABLE IF EXISTS retraction_fates;

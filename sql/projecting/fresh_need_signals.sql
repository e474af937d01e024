-- meaning: signals of the dirty subjects as they are now, also what reservations will give that are yet to start
-- grain: one signal
-- reads: counted_events, kept_customers, need_signals_from
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT * REPLACE (cast(ask_chips AS BIGINT) AS ask_chips) -- noqa: AM04
FROM need_signals_from('counted_events', 'kept_customers', TIMESTAMP 'infinity');

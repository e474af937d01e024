-- meaning: spans of the dirty chains as they are now, for as long as they stay open if nothing more is heard
-- grain: need x cause x stretch without a change
-- reads: dirty_chains, kept_need_signals, need_spans_from
CREATE OR REPLACE TEMP TABLE fresh AS
WITH signals AS MATERIALIZED ( -- noqa: ST03
    SELECT kept.*
    FROM kept_need_signals AS kept
    SEMI JOIN dirty_chains ON kept.chain_key = dirty_chains.chain_key
)

SELECT * -- noqa: AM04
FROM need_spans_from('signals', $window_days, $silent_days, TIMESTAMP 'infinity');

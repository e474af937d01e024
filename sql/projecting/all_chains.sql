-- meaning: all chains of needs, where the rules have changed by which signals are chained and fall silent;
--          also those whose last signal went in the same refresh
-- grain: one chain of needs
-- reads: kept_need_signals, kept_need_spans
CREATE OR REPLACE TEMP TABLE dirty_chains AS
SELECT chain_key
FROM kept_need_signals
UNION
SELECT chain_key
FROM kept_need_spans;

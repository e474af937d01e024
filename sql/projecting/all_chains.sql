-- meaning: all chains of needs, where the rules have changed by which signals are chained and fall silent
-- grain: one chain of needs
-- reads: kept_need_signals
CREATE OR REPLACE TEMP TABLE dirty_chains AS
SELECT DISTINCT chain_key
FROM kept_need_signals;

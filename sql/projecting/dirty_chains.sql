-- meaning: chains of needs that a signal of a dirty subject belonged to, or belongs to now
-- grain: one chain of needs
-- reads: kept_need_signals, dirty_subjects, fresh
CREATE OR REPLACE TEMP TABLE dirty_chains AS
SELECT kept.chain_key
FROM kept_need_signals AS kept
SEMI JOIN dirty_subjects ON kept.subject = dirty_subjects.subject
UNION
SELECT chain_key
FROM fresh;

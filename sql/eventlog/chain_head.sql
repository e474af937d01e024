-- meaning: the chain's last entry, and the last position that any entry covers
-- grain: one row, none while the chain is empty
-- reads: log_chain
SELECT
    max(entry_number) AS entry_number,
    arg_max(entry_hash, entry_number) AS entry_hash,
    max(last_position) AS last_position
FROM log_chain
HAVING count(*) > 0;

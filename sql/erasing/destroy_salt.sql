-- meaning: destroys the salt of what was sealed of a batch before an erasure
-- grain: one entry
-- reads: log_chain
UPDATE log_chain SET salt = NULL
WHERE first_position = $first AND last_position = $last AND entry_number <= $head;

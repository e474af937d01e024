-- meaning: the lines of a portion that SQL could not prove right
-- grain: one line
-- reads: staged, proven
SELECT staged.ordinal
FROM staged
ANTI JOIN proven ON staged.ordinal = proven.ordinal AND proven.is_proven
ORDER BY staged.ordinal;

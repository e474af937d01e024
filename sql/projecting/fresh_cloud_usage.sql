-- meaning: dirty weeks as they are now, computed by the projection itself from what was gathered for them
-- grain: segment x generation x region x week
-- reads: cloud_weeks, dirty
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT
    weeks.segment,
    weeks.generation,
    weeks.region,
    weeks.period_start,
    weeks.period_end,
    weeks.metered_chips,
    weeks.reserved_chips,
    weeks.reserved_idle_chips,
    weeks.held_chips,
    weeks.peak_chips
FROM cloud_weeks($now_from, $now_position) AS weeks
SEMI JOIN dirty
    ON
        weeks.generation = dirty.generation
        AND weeks.region = dirty.region
        AND weeks.period_start = dirty.period_start;

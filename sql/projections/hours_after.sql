-- meaning: the moment some hours after another; more than twenty years count as twenty
-- grain: one value: TIMESTAMP; NULL where the hours are
-- reads: nothing
CREATE OR REPLACE MACRO hours_after(moment, hours) AS
CASE
    WHEN hours IS NOT NULL
        THEN moment + to_microseconds(cast(least(hours, 175200) * 3600000000 AS BIGINT))
END;

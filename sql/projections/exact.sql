-- meaning: a quantity as a fixed-point number, so that its sum is the same in whatever order threads add it; what
--          no real quantity reaches (1e18) is held there, so that one absurd event cannot stop every question
-- grain: one value: DECIMAL(38, 12); NULL stays NULL
-- reads: nothing
CREATE OR REPLACE MACRO exact(quantity) AS
CASE
    WHEN quantity IS NOT NULL
        THEN cast(least(greatest(quantity, -1e18), 1e18) AS DECIMAL(38, 12))
END;

-- meaning: electric power that a region's sites give
-- grain: region x stretch of time
-- columns: region, power_kw (kW), kw_per_chip (kW a chip; NULL: not given), valid_from, valid_to (TIMESTAMPTZ;
--          NULL: no end)
-- reads: dated_values
CREATE OR REPLACE MACRO site_limits(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        cast(data ->> 'power_kw' AS DOUBLE) AS power_kw,
        cast(data ->> 'kw_per_chip' AS DOUBLE) AS kw_per_chip,
        valid_from,
        valid_to,
        key_values[1] AS region
    FROM dated_values(as_of, up_to_position, 'trn.site.limited.v1', ['region'], FALSE);

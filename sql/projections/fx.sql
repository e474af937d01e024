-- meaning: exchange rates, with history
-- grain: pair of currencies x stretch of time
-- columns: currency_from, currency_to, rate (units of currency_to for one of currency_from), valid_from,
--          valid_to (TIMESTAMPTZ; NULL: no end)
-- reads: dated_values
CREATE OR REPLACE MACRO fx(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        cast(data ->> 'rate' AS DOUBLE) AS rate,
        valid_from,
        valid_to,
        key_values[1] AS currency_from,
        key_values[2] AS currency_to
    FROM dated_values(as_of, up_to_position, 'trn.fx.set.v1', ['from', 'to'], FALSE);

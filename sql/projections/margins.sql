-- meaning: what a chip or chip-hour earns after its cost (may be negative), with history: at any moment one row
--          holds for each key
-- grain: channel x generation x region x purchase option x term x unit x stretch of time
-- columns: channel, generation, region and purchase_option and term_months (NULL: any), unit ('chip_hour',
--          'chip'), amount (in currency), currency, valid_from, valid_to (TIMESTAMPTZ; NULL: no end)
-- reads: dated_values
CREATE OR REPLACE MACRO margins(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        cast(key_values[5] AS BIGINT) AS term_months,
        cast(data ->> 'amount' AS DOUBLE) AS amount,
        valid_from,
        valid_to,
        key_values[1] AS channel,
        key_values[2] AS generation,
        key_values[3] AS region,
        key_values[4] AS purchase_option,
        key_values[6] AS unit,
        data ->> 'currency' AS currency
    FROM
        dated_values(
            as_of,
            up_to_position,
            'trn.margin.set.v1',
            ['channel', 'generation', 'region', 'purchase_option', 'term_months', 'unit'],
            FALSE
        );

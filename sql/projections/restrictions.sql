-- meaning: where a generation may not be sold
-- grain: generation x country x channel x stretch of time
-- columns: generation, country, channel (NULL: both), valid_from, valid_to (TIMESTAMPTZ; NULL: no end)
-- reads: dated_values
CREATE OR REPLACE MACRO restrictions(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        valid_from,
        valid_to,
        key_values[1] AS generation,
        key_values[2] AS country,
        key_values[3] AS channel
    FROM
        dated_values(
            as_of, up_to_position, 'trn.restriction.set.v1', ['generation', 'country', 'channel'], FALSE
        );

-- meaning: how long each ask of a need stays open: until the entry's next event, the end of the hours it was
--          wanted for, or, where no hours were said, until the need falls silent; a denial also until a
--          withdrawal from the same need
-- grain: need x cause x size x stretch of time; asks of one size that overlap are one
-- columns: need_key, cause, level_chips (chips asked for and not given, plus what the need had been given by
--          then: taking off what it has been given later leaves what is open), from_at, until_at (TIMESTAMP,
--          UTC)
-- reads: need_chains, need_asks_from
CREATE OR REPLACE MACRO need_asks(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    WITH chains AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM need_chains(as_of, up_to_position, need_window_days)
    )

    SELECT * -- noqa: AM04
    FROM need_asks_from('chains', need_silent_days, utc_clock(as_of));

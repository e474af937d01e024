-- meaning: hours that [start_at, end_at) shares with [other_start_at, other_end_at)
-- grain: one value: DOUBLE, hours, >= 0
-- reads: nothing
CREATE OR REPLACE MACRO hours_shared(start_at, end_at, other_start_at, other_end_at) AS
greatest(
    0,
    date_diff('microsecond', greatest(start_at, other_start_at), least(end_at, other_end_at)) / 3600000000
);

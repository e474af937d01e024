-- meaning: fiscal years as last set
-- grain: one fiscal year
-- columns: fiscal_year, start_date (DATE), pattern ('4-4-5', '4-5-4', '5-4-4', 'monthly')
-- reads: other_events_as_of
CREATE OR REPLACE MACRO fiscal_calendar(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        subject AS fiscal_year,
        cast(utc_moment(arg_max(data ->> 'start', apply_order)) AS DATE) AS start_date,
        arg_max(data ->> 'pattern', apply_order) AS pattern
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.calendar.set.v1'
    GROUP BY subject;

-- meaning: supply as last scheduled or revised, what arrived of it, and what is still to come. A revision
--          states new totals, so all that was received is taken off; nothing is to come of what was cancelled.
--          What is still missing when its period is over is overdue: only a revision says when it will come
-- grain: one supply ref
-- columns: supply_ref, generation, period_start, period_end (DATE, half-open), chips_p10, chips_p50, chips_p90
--          (totals), received_chips, to_come_p10, to_come_p50, to_come_p90 (chips, >= 0), is_cancelled,
--          is_overdue
-- reads: subject_steps
CREATE OR REPLACE MACRO supply_commitments(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH folded AS (
        SELECT
            subject AS supply_ref,
            arg_max(data, step) FILTER (
                WHERE type IN ('trn.supply.scheduled.v1', 'trn.supply.revised.v1')
            ) AS data,
            coalesce(
                sum(cast(data ->> 'chips' AS BIGINT)) FILTER (WHERE type = 'trn.supply.received.v1'), 0
            ) AS received_chips,
            bool_or(type = 'trn.supply.cancelled.v1') AS is_cancelled
        FROM
            subject_steps(
                as_of,
                up_to_position,
                'trn.supply.scheduled.v1',
                ['trn.supply.revised.v1', 'trn.supply.received.v1', 'trn.supply.cancelled.v1']
            )
        GROUP BY subject
    ),

    parsed AS (
        SELECT
            supply_ref,
            is_cancelled,
            cast(received_chips AS DOUBLE) AS received_chips,
            cast(utc_moment(data ->> 'period_start') AS DATE) AS period_start,
            cast(utc_moment(data ->> 'period_end') AS DATE) AS period_end,
            cast(data ->> 'chips_p10' AS DOUBLE) AS chips_p10,
            cast(data ->> 'chips_p50' AS DOUBLE) AS chips_p50,
            cast(data ->> 'chips_p90' AS DOUBLE) AS chips_p90,
            data ->> 'generation' AS generation
        FROM folded
    )

    SELECT
        *,
        CASE WHEN is_cancelled THEN 0 ELSE greatest(0, chips_p10 - received_chips) END AS to_come_p10,
        CASE WHEN is_cancelled THEN 0 ELSE greatest(0, chips_p50 - received_chips) END AS to_come_p50,
        CASE WHEN is_cancelled THEN 0 ELSE greatest(0, chips_p90 - received_chips) END AS to_come_p90,
        NOT is_cancelled AND chips_p50 > received_chips AND period_end <= cast(utc_clock(as_of) AS DATE) AS is_overdue
    FROM parsed;

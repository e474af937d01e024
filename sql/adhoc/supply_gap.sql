-- question: By when do the chips that are needed exceed those in stock and to come?
-- grain: generation x month of the latest forecast; running totals, gap_chips above 0 where supply falls short
-- reads: runs, chips_needed, supply, inventory
-- run: python -m pipeline sql sql/adhoc/supply_gap.sql [--as-of T] [--csv]
WITH latest AS (
    SELECT
        run_id,
        as_of
    FROM runs
    WHERE kind = 'forecast' AND as_of <= $as_of
    ORDER BY as_of DESC, finished_at DESC
    LIMIT 1
),

needed AS (
    SELECT
        chips_needed.generation,
        date_trunc('month', chips_needed.period_start)::DATE AS month_start,
        sum(chips_needed.p50) AS chips
    FROM chips_needed
    INNER JOIN latest ON chips_needed.run_id = latest.run_id
    WHERE chips_needed.channel = 'all' AND chips_needed.region = 'all' AND chips_needed.generation <> 'all'
    GROUP BY ALL
),

coming AS (
    SELECT
        generation,
        date_trunc('month', period_start)::DATE AS month_start,
        sum(chips_p50) AS chips
    FROM supply($as_of)
    GROUP BY ALL
),

stock AS (
    SELECT
        generation,
        sum(chips) AS chips
    FROM inventory($as_of)
    GROUP BY generation
),

months AS (
    SELECT
        coalesce(needed.generation, coming.generation) AS generation,
        coalesce(needed.month_start, coming.month_start) AS month_start,
        coalesce(needed.chips, 0) AS needed_chips,
        coalesce(coming.chips, 0) AS coming_chips
    FROM needed
    FULL OUTER JOIN coming ON needed.generation = coming.generation AND needed.month_start = coming.month_start
),

totals AS (
    SELECT
        generation,
        month_start,
        needed_chips,
        coming_chips,
        sum(needed_chips) OVER by_month AS needed_so_far_chips,
        sum(coming_chips) OVER by_month AS come_so_far_chips
    FROM months
    WINDOW by_month AS (PARTITION BY generation ORDER BY month_start)
)

SELECT
    totals.generation,
    totals.month_start,
    totals.needed_chips,
    totals.coming_chips,
    totals.needed_so_far_chips,
    coalesce(stock.chips, 0) + totals.come_so_far_chips AS available_so_far_chips,
    totals.needed_so_far_chips - coalesce(stock.chips, 0) - totals.come_so_far_chips AS gap_chips
FROM totals
LEFT JOIN stock ON totals.generation = stock.generation
ORDER BY totals.generation, totals.month_start;

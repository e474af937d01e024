-- question: Where were we sold out in the last complete week, for how long already, and how much demand waits there?
-- grain: generation x region with sold-out hours or unmet demand; weeks_soldout counts the last 13 weeks
-- reads: demand_history, capacity
-- run: python -m pipeline sql sql/adhoc/sold_out.sql [--as-of T] [--csv]
WITH history AS (
    SELECT
        generation,
        region,
        period_start,
        sum(demand_observed_chips) AS held_chips,
        sum(unmet_chips) AS unmet_chips
    FROM demand_history($as_of)
    WHERE channel = 'cloud' AND NOT is_partial
    GROUP BY generation, region, period_start
),

last_week AS (
    SELECT max(period_start) AS period_start
    FROM history
),

shortage AS (
    SELECT
        generation,
        region,
        arg_max(soldout_share, period_start) AS soldout_share,
        arg_max(sellable_chips, period_start) AS sellable_chips,
        count(*) FILTER (WHERE is_soldout) AS weeks_soldout
    FROM capacity($as_of)
    WHERE
        period_start <= (SELECT last_week.period_start FROM last_week)
        AND period_start > (SELECT last_week.period_start - INTERVAL 13 WEEK FROM last_week)
    GROUP BY generation, region
)

SELECT
    history.generation,
    history.region,
    history.period_start AS week,
    shortage.sellable_chips,
    history.held_chips,
    history.unmet_chips,
    coalesce(shortage.soldout_share, 0) AS soldout_share,
    coalesce(shortage.weeks_soldout, 0) AS weeks_soldout,
    history.unmet_chips / nullif(history.held_chips + history.unmet_chips, 0) AS unmet_share
FROM history
INNER JOIN last_week ON history.period_start = last_week.period_start
LEFT JOIN shortage ON history.generation = shortage.generation AND history.region = shortage.region
WHERE shortage.soldout_share > 0 OR history.unmet_chips > 0
ORDER BY history.unmet_chips DESC, history.generation ASC, history.region ASC;

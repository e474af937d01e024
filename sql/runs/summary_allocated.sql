-- meaning: the run's allocation by generation and channel
-- grain: generation, channel
-- reads: allocation
WITH numbered AS (
    SELECT
        *,
        dense_rank() OVER (ORDER BY period_start) AS step
    FROM allocation
    WHERE run_id = $run_id
)

SELECT
    generation,
    channel,
    status,
    sum(chips) FILTER (step <= 13)::BIGINT AS chips_weeks_1_to_13,
    sum(chips)::BIGINT AS chips_in_all,
    round(avg(shadow_price) FILTER (step <= 13)) AS value_of_one_more,
    any_value(currency) AS currency
FROM numbered
GROUP BY generation, channel, status
HAVING sum(chips) > 0
ORDER BY generation, channel;

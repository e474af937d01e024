-- meaning: the run's forecast by channel and generation: the next quarter and the year after it begins
-- grain: channel, generation
-- reads: forecast
SELECT
    channel,
    generation,
    unit,
    CASE WHEN unit = 'chips_held' THEN 'mean of' ELSE 'sum of' END AS figure,
    round(CASE WHEN unit = 'chips_held' THEN avg(p50) FILTER (step <= 13) ELSE sum(mean) FILTER (step <= 13) END)
        AS weeks_1_to_13,
    round(CASE
        WHEN unit = 'chips_held' THEN avg(p50) FILTER (step BETWEEN 14 AND 52)
        ELSE sum(mean) FILTER (step BETWEEN 14 AND 52)
    END) AS weeks_14_to_52,
    round(CASE
        WHEN unit = 'chips_held' THEN avg(p50) FILTER (step BETWEEN 53 AND 104)
        ELSE sum(mean) FILTER (step BETWEEN 53 AND 104)
    END) AS weeks_53_to_104
FROM forecast
WHERE
    run_id = $run_id
    AND level IN ('channel', 'channel/generation')
GROUP BY channel, generation, unit
HAVING max(p99) > 0
ORDER BY channel, generation;

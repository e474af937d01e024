-- question: How many chips are enough for the cloud's highest week of the next half year, in nine futures of ten?
-- grain: generation; beside it the highest of the weekly 90 % quantiles, which is less, since the highest week is
--        another one in each future
-- reads: sample_paths
-- run: python -m pipeline sql sql/adhoc/peak_stock.sql [--csv]
WITH weeks AS (
    SELECT
        path,
        generation,
        period_start,
        sum(value) AS chips
    FROM sample_paths()
    WHERE channel = 'cloud'
    GROUP BY path, generation, period_start
),

half_year AS (
    SELECT *
    FROM weeks
    QUALIFY dense_rank() OVER (ORDER BY period_start) <= 26
),

peaks AS (
    SELECT
        path,
        generation,
        max(chips) AS chips
    FROM half_year
    GROUP BY path, generation
),

highest AS (
    SELECT
        generation,
        quantile_cont(chips, 0.9) AS p90
    FROM half_year
    GROUP BY generation, period_start
),

most AS (
    SELECT
        generation,
        max(p90) AS p90
    FROM highest
    GROUP BY generation
)

SELECT
    peaks.generation,
    quantile_cont(peaks.chips, 0.5) AS peak_p50,
    quantile_cont(peaks.chips, 0.9) AS peak_p90,
    any_value(most.p90) AS highest_weekly_p90
FROM peaks
INNER JOIN most ON peaks.generation = most.generation
GROUP BY peaks.generation
ORDER BY peaks.generation;

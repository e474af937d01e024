-- meaning: jobs of GPU clusters as metered usage: a job holds num_gpu chips for duration_s from submit_time on
--          (the traces know no queue); columns cluster, job_id, submit_time, duration_s, num_gpu.
--          A job counts as known when it ends. One that runs longer than the 31 days that a metered period may
--          have keeps all its chip-hours, put on its last 31 days; job_started_at then says when it began.
-- grain: one job
-- reads: a Parquet file, $path
WITH
jobs AS (
    SELECT *
    FROM read_parquet($path)
),

numbered AS (
    SELECT
        *,
        row_number() OVER () AS source_line,
        to_json(jobs) AS raw_row,
        submit_time + to_seconds(duration_s) AS ended_at
    FROM jobs
)

SELECT
    source_line,
    raw_row,
    ended_at AS time,
    '/sources/gpu_jobs' AS source,
    'the job used no GPU: duration_s and num_gpu must be more than 0' AS remark,
    coalesce(cluster || '/' || job_id, md5(raw_row)) AS id,
    if(duration_s > 0 AND num_gpu > 0, 'trn.usage.metered.v1', NULL) AS type,
    struct_pack(
        customer_id := cluster,
        region := cluster,
        generation := 'gpu_itp',
        segment := 'research',
        purchase_option := 'internal',
        period_start := greatest(submit_time, ended_at - INTERVAL 31 DAYS),
        period_end := ended_at,
        chip_hours := duration_s * num_gpu / 3600.0,
        job_started_at := if(ended_at - submit_time > INTERVAL 31 DAYS, submit_time, NULL)
    ) AS data
FROM numbered
ORDER BY source_line;

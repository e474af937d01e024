-- meaning: the joint sample paths of a run, from its file
-- grain: path x series x week
-- columns: path, channel, segment, generation, region, period_start, period_end, unit, value
-- reads: the file <run>.parquet in the folder that the variable paths_folder names
CREATE TEMP MACRO sample_paths(run := 'latest') AS TABLE
    SELECT
        path,
        channel,
        segment,
        generation,
        region,
        period_start,
        period_end,
        unit,
        value
    FROM read_parquet(getvariable('paths_folder') || '/' || run || '.parquet');

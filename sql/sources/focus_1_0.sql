-- meaning: billing rows in FOCUS 1.0 as metered usage of accelerators and its corrections; columns as the
--          specification names them. A row is use of chips where it bills hours of an instance type that holds
--          accelerators (chips_by_instance, to be extended); the type is read from ChargeDescription.
--          Rows have no id in FOCUS: it is a hash of all columns. Times are UTC, as the specification demands.
--          Negative hours, adjustments and corrections of earlier periods are corrections of use.
-- grain: one billing row
-- reads: a Parquet file, $path
WITH
chips_by_instance (instance_type, generation, chips) AS (
    VALUES
    ('trn1.2xlarge', 'trn1', 1),
    ('trn1.32xlarge', 'trn1', 16),
    ('trn1n.32xlarge', 'trn1', 16),
    ('trn2.48xlarge', 'trn2', 16),
    ('trn2u.48xlarge', 'trn2', 16),
    ('g3.4xlarge', 'g3', 1),
    ('g3.8xlarge', 'g3', 2),
    ('g3.16xlarge', 'g3', 4),
    ('g5.xlarge', 'g5', 1),
    ('g5.2xlarge', 'g5', 1),
    ('g5.4xlarge', 'g5', 1),
    ('g5.8xlarge', 'g5', 1),
    ('g5.12xlarge', 'g5', 4),
    ('g5.16xlarge', 'g5', 1),
    ('g5.24xlarge', 'g5', 4),
    ('g5.48xlarge', 'g5', 8),
    ('p4d.24xlarge', 'p4d', 8),
    ('p5.48xlarge', 'p5', 8)
),

charges AS (
    SELECT *
    FROM read_parquet($path)
),

numbered AS (
    SELECT
        *,
        row_number() OVER () AS source_line,
        to_json(charges) AS raw_row,
        regexp_extract(chargedescription, '\b([a-z][a-z0-9-]*\.(?:[0-9]*x?large|metal))\b', 1) AS named_instance,
        timezone('UTC', try_cast(chargeperiodstart AS TIMESTAMP)) AS period_start,
        timezone('UTC', try_cast(chargeperiodend AS TIMESTAMP)) AS period_end
    FROM charges
),

priced AS (
    SELECT
        numbered.*,
        chips_by_instance.instance_type,
        chips_by_instance.generation,
        numbered.consumedquantity * chips_by_instance.chips AS chip_hours,
        coalesce(
            numbered.consumedunit = 'Hours'
            AND numbered.consumedquantity <> 0
            AND chips_by_instance.instance_type IS NOT NULL
            AND coalesce(numbered.commitmentdiscountstatus, '') <> 'Unused',
            FALSE
        ) AS is_use,
        numbered.consumedquantity < 0
        OR numbered.chargecategory = 'Adjustment'
        OR coalesce(cast(numbered.chargeclass AS VARCHAR) = 'Correction', FALSE) AS is_correction
    FROM numbered
    LEFT JOIN chips_by_instance ON numbered.named_instance = chips_by_instance.instance_type
)

SELECT
    source_line,
    raw_row,
    period_end AS time,
    '/sources/focus_1_0' AS source,
    md5(raw_row) AS id,
    CASE
        WHEN is_use AND is_correction THEN 'trn.usage.adjusted.v1'
        WHEN is_use THEN 'trn.usage.metered.v1'
    END AS type,
    CASE
        WHEN consumedquantity IS NULL THEN 'the row bills no quantity'
        WHEN consumedunit <> 'Hours' THEN 'the row bills ' || consumedunit || ', not hours of an instance'
        WHEN instance_type IS NULL THEN 'the row bills hours of something that holds no accelerator chips'
        ELSE 'the row bills hours that nobody used'
    END AS remark,
    struct_pack(
        customer_id := subaccountid,
        region := regionid,
        generation := generation,
        period_start := period_start,
        period_end := period_end,
        chip_hours := chip_hours,
        purchase_option := CASE pricingcategory
            WHEN 'Committed' THEN 'committed'
            WHEN 'Dynamic' THEN 'spot'
            ELSE 'on_demand'
        END,
        instance_type := instance_type,
        sku := skuid
    ) AS data
FROM priced
ORDER BY source_line;

-- meaning: refused lines that may name a customer
-- grain: one refused line
-- reads: quarantine
SELECT
    rowid AS row_number,
    source_file,
    raw,
    envelope,
    message
FROM quarantine
WHERE
    contains(raw, $customer)
    OR contains(raw, '\')
    OR contains(envelope, $customer)
    OR contains(envelope, '\')
    OR contains(message, $customer)
    OR contains(source_file, $customer);

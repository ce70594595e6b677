-- Rows of series that have no data any more.
DELETE FROM {table}
WHERE NOT EXISTS (
    SELECT 1
    FROM processed_data AS d
    WHERE d.host::VARCHAR = {table}.host AND d.resource::VARCHAR = {table}.resource
);

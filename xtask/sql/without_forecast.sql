-- Series of the data that have no golden row.
SELECT count(*)
FROM (
    SELECT DISTINCT host::VARCHAR AS host, resource::VARCHAR AS resource
    FROM processed_data
    WHERE host IS NOT NULL AND resource IS NOT NULL
)
ANTI JOIN forecasts USING (host, resource);

-- Every series, and its last days that have a value: $1 of them at most, in any order, perhaps one more than once.
SELECT
    host::VARCHAR AS host, resource::VARCHAR AS resource,
    max(ds, $1) FILTER (WHERE abs(utilization::DOUBLE) <= 1e100) AS last_days
FROM processed_data
WHERE host IS NOT NULL AND resource IS NOT NULL AND ds BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
GROUP BY ALL
ORDER BY host, resource;

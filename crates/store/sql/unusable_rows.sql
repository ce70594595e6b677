-- Rows that belong to no series, or to no day.
SELECT coalesce(host::VARCHAR, '') AS host, coalesce(resource::VARCHAR, '') AS resource, count(*) AS rows
FROM processed_data
WHERE host IS NULL OR resource IS NULL OR ds IS NULL
   OR ds NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
GROUP BY ALL
ORDER BY host, resource;

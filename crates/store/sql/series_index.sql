-- Every series, and how many of its rows lie after $1, the last day to look at.
SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, count(*) FILTER (WHERE ds > $1) AS rows_after
FROM processed_data
WHERE host IS NOT NULL AND resource IS NOT NULL AND ds BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
GROUP BY ALL
ORDER BY host, resource;

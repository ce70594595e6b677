-- Series with rows after $1, the last day to look at: how many, and from when to when.
SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, count(*) AS rows, min(ds) AS first, max(ds) AS last
FROM processed_data
WHERE host IS NOT NULL AND resource IS NOT NULL AND ds > $1::DATE AND ds <= DATE '9999-12-31'
GROUP BY ALL
ORDER BY host, resource;

-- The hosts whose names come nearest to $1.
SELECT host
FROM (SELECT DISTINCT host::VARCHAR AS host FROM processed_data WHERE host IS NOT NULL)
ORDER BY jaro_winkler_similarity(host, $1) DESC, host
LIMIT 3;

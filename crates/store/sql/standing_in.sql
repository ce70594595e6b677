-- Of the series that have a golden record: how many are still in use as of $1, how many of those are in {drafted},
-- and how many series that has. A series without a value for more than $2 days is no longer in use.
WITH
golden AS (
    SELECT DISTINCT host, resource
    FROM forecasts
),
drafted AS (
    SELECT DISTINCT host, resource
    FROM {drafted}
),
stale AS (
    SELECT host::VARCHAR AS host, resource::VARCHAR AS resource
    FROM processed_data
    WHERE host IS NOT NULL AND resource IS NOT NULL AND ds <= $1::DATE AND abs(utilization::DOUBLE) <= 1e100
    GROUP BY ALL
    HAVING max(ds) < $1::DATE - $2::INTEGER
)
SELECT
    (SELECT count(*) FROM golden AS g WHERE NOT EXISTS (
        SELECT 1 FROM stale AS s WHERE s.host = g.host AND s.resource = g.resource))::UBIGINT,
    (SELECT count(*) FROM golden AS g WHERE EXISTS (
        SELECT 1 FROM drafted AS d WHERE d.host = g.host AND d.resource = g.resource))::UBIGINT,
    (SELECT count(*) FROM drafted)::UBIGINT;

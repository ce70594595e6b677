-- Of the series that have a golden record: how many are still in use, how many of those could be forecast again
-- from the days from $1 to $2, and how many series could be in all. A series is forecast where it has $3 observed
-- days, the last of them not more than $4 days back. A day that stands there twice counts twice: what is overlooked
-- here, the stages' own tables show.
WITH
golden AS (
    SELECT DISTINCT host, resource
    FROM forecasts
),
observed AS (
    SELECT
        host::VARCHAR AS host, resource::VARCHAR AS resource,
        count(*) FILTER (WHERE ds >= $1::DATE) AS days, max(ds) AS last_day
    FROM processed_data
    WHERE host IS NOT NULL AND resource IS NOT NULL AND ds <= $2::DATE AND abs(utilization::DOUBLE) <= 1e100
    GROUP BY ALL
),
judged AS (
    SELECT
        o.host IS NOT NULL AND o.last_day < $2::DATE - $4::INTEGER AS is_stale,
        o.host IS NOT NULL AND o.days >= $3 AND o.last_day >= $2::DATE - $4::INTEGER AS is_forecast,
        g.host IS NOT NULL AS is_golden
    FROM golden AS g
    FULL JOIN observed AS o ON o.host = g.host AND o.resource = g.resource
)
SELECT
    count(*) FILTER (WHERE is_golden AND NOT is_stale)::UBIGINT,
    count(*) FILTER (WHERE is_golden AND is_forecast)::UBIGINT,
    count(*) FILTER (WHERE is_forecast)::UBIGINT
FROM judged;

-- Rows of host $1 and resource $2 after $3 and before $4, each where it is said: how many, of how many series, from
-- when to when, and of how many series nothing would be left.
WITH
chosen AS (
    SELECT
        host::VARCHAR AS host, resource::VARCHAR AS resource, ds,
        (CAST($1 AS VARCHAR) IS NULL OR host::VARCHAR = $1)
        AND (CAST($2 AS VARCHAR) IS NULL OR resource::VARCHAR = $2)
        AND (CAST($3 AS DATE) IS NULL OR ds > $3)
        AND (CAST($4 AS DATE) IS NULL OR ds < $4) AS is_chosen
    FROM processed_data
),
by_series AS (
    SELECT
        host, resource,
        count(*) FILTER (WHERE is_chosen) AS rows,
        min(ds) FILTER (WHERE is_chosen) AS first,
        max(ds) FILTER (WHERE is_chosen) AS last,
        count(*) FILTER (WHERE is_chosen IS NOT TRUE) AS kept
    FROM chosen
    GROUP BY host, resource
)
SELECT
    coalesce(sum(rows), 0)::UBIGINT,
    count(*) FILTER (WHERE rows > 0)::UBIGINT,
    min(first),
    max(last),
    count(*) FILTER (WHERE rows > 0 AND kept = 0)::UBIGINT
FROM by_series;

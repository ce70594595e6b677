-- New capacities and floors, for all days, that values of the last year of each series lie beyond: of how many series it is for, how
-- many were beyond it on most days, how many on more than one day in a hundred, and the furthest value. A rule for all
-- hosts is not for those that have a limit of their own.
WITH
observed AS (
    SELECT
        host::VARCHAR AS host, resource::VARCHAR AS resource, utilization::DOUBLE AS y,
        max(ds) OVER (PARTITION BY host, resource) AS last_day, ds
    FROM processed_data
    WHERE host IS NOT NULL AND abs(utilization::DOUBLE) <= 1e100
      AND resource::VARCHAR IN (SELECT resource FROM new_limits)
),
last_year AS (
    SELECT host, resource, y FROM observed WHERE ds > last_day - 365
),
bounds AS (
    SELECT host, resource, 'capacity' AS part, capacity AS bound, 1 AS direction FROM new_limits WHERE capacity IS NOT NULL AND valid_from IS NULL
    UNION ALL
    SELECT host, resource, 'floor', floor, -1 FROM new_limits WHERE floor IS NOT NULL AND valid_from IS NULL
),
applied AS (
    SELECT b.host AS rule_host, b.resource, b.part, b.bound, b.direction, y.host, y.y
    FROM last_year AS y
    JOIN bounds AS b ON b.resource = y.resource AND (b.host = y.host OR b.host IS NULL)
    WHERE b.host IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM resource_limits AS own
        WHERE own.host = y.host AND own.resource = y.resource
          AND if(b.part = 'capacity', own.capacity, own.floor) IS NOT NULL
    )
),
per_series AS (
    SELECT
        rule_host, resource, part, bound, direction, host,
        avg((direction * (y - bound) > 0)::INTEGER) AS share, max(direction * y) AS furthest
    FROM applied
    GROUP BY ALL
)
SELECT
    rule_host, resource, part, bound, direction * max(furthest),
    count(*)::UBIGINT AS series,
    (count(*) FILTER (WHERE share > 0.5))::UBIGINT AS mostly,
    (count(*) FILTER (WHERE share > 0.01))::UBIGINT AS partly
FROM per_series
GROUP BY rule_host, resource, part, bound, direction
HAVING partly > 0
ORDER BY rule_host NULLS FIRST, resource, part;

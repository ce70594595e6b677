-- Series of percentages with values outside 0 to 100 on the days up to {until}: how many they have of
-- how many, and the first of them.
WITH
{rules},
odd AS (
    SELECT s.host, s.resource, s.days, s.outside, s.is_far
    FROM series AS s
    JOIN resources AS r ON r.resource = s.resource
    WHERE r.is_percent AND s.outside > 0
),
earliest AS (
    SELECT
        d.host::VARCHAR AS host, d.resource::VARCHAR AS resource,
        min(d.ds) AS ds, arg_min(d.utilization::DOUBLE, d.ds) AS value
    FROM processed_data AS d
    JOIN odd AS o ON o.host = d.host::VARCHAR AND o.resource = d.resource::VARCHAR
    WHERE d.ds BETWEEN DATE '0001-01-01' AND {until}
      AND abs(d.utilization::DOUBLE) <= 1e100 AND d.utilization::DOUBLE NOT BETWEEN 0 AND 100
    GROUP BY ALL
)
SELECT o.host, o.resource, o.days::UBIGINT AS days, o.outside::UBIGINT AS outside, o.is_far, e.ds, e.value
FROM odd AS o
JOIN earliest AS e ON e.host = o.host AND e.resource = o.resource
ORDER BY o.host, o.resource;

-- Days on which at least three in ten of a resource's series were all low, or all high, beside the same days of the four weeks
-- before and after: by more than four times what they usually are off. Of a resource's series 500 are looked at, and of time
-- the 36 months up to $1.
WITH
series AS (
    SELECT DISTINCT host::VARCHAR AS host, resource::VARCHAR AS resource
    FROM processed_data
    WHERE host IS NOT NULL AND resource IS NOT NULL
),
sampled AS (
    SELECT host, resource
    FROM series
    QUALIFY row_number() OVER (PARTITION BY resource ORDER BY hash(host), host) <= 500
),
known AS (
    SELECT p.host::VARCHAR AS host, p.resource::VARCHAR AS resource, p.ds, avg(p.utilization::DOUBLE) AS y
    FROM processed_data AS p
    JOIN sampled AS s ON s.host = p.host::VARCHAR AND s.resource = p.resource::VARCHAR
    WHERE p.ds <= $1 AND p.ds > $1 - 1096 AND abs(p.utilization::DOUBLE) <= 1e100
    GROUP BY ALL
),
usual AS (
    SELECT
        *,
        median(y) OVER (
            PARTITION BY host, resource, dayofweek(ds) ORDER BY ds ROWS BETWEEN 4 PRECEDING AND 4 FOLLOWING EXCLUDE CURRENT ROW
        ) AS usual
    FROM known
),
scaled AS (
    SELECT *, y - usual AS off, median(abs(y - usual)) OVER (PARTITION BY host, resource) AS usually_off
    FROM usual
    WHERE usual IS NOT NULL
),
days AS (
    SELECT
        resource, ds, count(*) AS series,
        avg((off < -4 * usually_off)::INTEGER) AS low, avg((off > 4 * usually_off)::INTEGER) AS high,
        median(off / nullif(abs(usual), 0)) AS change
    FROM scaled
    WHERE usually_off > 0
    GROUP BY resource, ds
    HAVING count(*) >= 5
)
SELECT
    d.resource, d.ds, d.series, greatest(d.low, d.high) AS share, d.change,
    (SELECT string_agg(DISTINCT e.name, ', ' ORDER BY e.name) FROM events AS e WHERE e.ds = d.ds) AS names
FROM days AS d
WHERE greatest(d.low, d.high) >= 0.3
ORDER BY d.ds, d.resource

-- Series of whose instants in the last 36 months up to $1 more than the share $2 had several values. A day without a
-- repeated instant is taken to have as many instants as the others.
WITH
repeats AS (
    SELECT host, resource, sum(repeated) AS repeated, avg(instants) AS instants_a_day
    FROM repeated_instants
    WHERE ds <= $1::DATE AND ds > $1::DATE - INTERVAL 36 MONTHS
    GROUP BY host, resource
),
observed AS (
    SELECT d.host::VARCHAR AS host, d.resource::VARCHAR AS resource, count(*) AS days
    FROM processed_data AS d
    JOIN (SELECT DISTINCT host, resource FROM repeats) AS r ON r.host = d.host::VARCHAR AND r.resource = d.resource::VARCHAR
    WHERE d.ds <= $1::DATE AND d.ds > $1::DATE - INTERVAL 36 MONTHS
    GROUP BY ALL
)
SELECT r.host, r.resource, r.repeated::UBIGINT AS repeated
FROM repeats AS r
JOIN observed AS o ON o.host = r.host AND o.resource = r.resource
WHERE r.repeated > $2 * o.days * r.instants_a_day
ORDER BY r.host, r.resource;

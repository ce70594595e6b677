-- Every event by the hosts that it concerns: NULL for all. Those of a group are of the hosts that have its value.
SELECT DISTINCT ds::DATE AS ds, name::VARCHAR AS name, host::VARCHAR AS host
FROM events
WHERE "group" IS NULL AND ds IS NOT NULL AND name IS NOT NULL
UNION
SELECT e.ds::DATE, e.name::VARCHAR, a.host
FROM events AS e
JOIN host_attributes AS a ON a.key || '=' || a.value = e."group"
WHERE e.ds IS NOT NULL AND e.name IS NOT NULL
ORDER BY ALL

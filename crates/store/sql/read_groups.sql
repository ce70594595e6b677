-- The outlooks of groups, those that are full or fill up first; $1 is a key of host_attributes, $2 one of its values, $3 a
-- resource, or NULL for all. Beside the members those hosts of the group that have data of the resource.
WITH hosts AS (
    SELECT a.key, a.value, d.resource, count(*) AS hosts
    FROM host_attributes AS a
    JOIN (SELECT DISTINCT host::VARCHAR AS host, resource::VARCHAR AS resource FROM processed_data) AS d USING (host)
    GROUP BY ALL
)
SELECT
    o.key, o.value, o.resource, members, greatest(coalesce(hosts, 0), members) AS hosts, size, threshold, capacity, status,
    p_full, full_on_earliest, full_on, full_on_latest, growth, demand_p90, to_order, recent, trust,
    coalesce(capacity = 100, false) AND size IS NOT NULL AS is_percent
FROM group_outlook AS o
LEFT JOIN hosts AS h ON h.key = o.key AND h.value = o.value AND h.resource = o.resource
WHERE ($1::VARCHAR IS NULL OR o.key = $1)
  AND ($2::VARCHAR IS NULL OR o.value = $2)
  AND ($3::VARCHAR IS NULL OR o.resource = $3)
ORDER BY status = 'over' DESC, p_full DESC NULLS LAST, o.key, o.value, o.resource;

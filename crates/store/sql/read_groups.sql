-- The outlooks of groups, those that are full or fill up first; $1 is a key of host_attributes, $2 a resource, or NULL for all.
SELECT
    key, value, resource, members, size, threshold, capacity, status, p_full, full_on_earliest, full_on, full_on_latest,
    growth, demand_p90, to_order, recent, trust, coalesce(capacity = 100, false) AND size IS NOT NULL AS is_percent
FROM group_outlook
WHERE ($1::VARCHAR IS NULL OR key = $1) AND ($2::VARCHAR IS NULL OR resource = $2)
ORDER BY status = 'over' DESC, p_full DESC NULLS LAST, key, value, resource

-- Every series of the data, in key order: its outlook and standing, where it has a forecast.
WITH series AS (
    SELECT DISTINCT host::VARCHAR AS host, resource::VARCHAR AS resource
    FROM processed_data
    WHERE host IS NOT NULL AND resource IS NOT NULL AND ds BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
)
SELECT
    s.host, s.resource,
    o.status, o.threshold, o.capacity, o.days_left, o.full_on_earliest - o.as_of, o.recent, o.peak,
    l.winner, l.decided_by, l.trust,
    {behaviour},
    l.golden, l.coverage_80,
    o.full_on_latest - o.as_of, o.p_full,
    -- What comes sooner counts more often; a day beyond the horizon as the horizon.
    (coalesce(o.p_full_30, o.p_full) + coalesce(o.p_full_60, o.p_full) + coalesce(o.p_full_90, o.p_full) + o.p_full) / 4,
    o.p_full_30, o.p_full_60, o.p_full_90,
    o.growth, o.to_order, o.as_of - o.since, coalesce(o.capacity = 100, false)
FROM series AS s
LEFT JOIN capacity_outlook AS o ON o.host = s.host AND o.resource = s.resource
LEFT JOIN model_leaderboard AS l ON l.host = s.host AND l.resource = s.resource
WHERE $1::VARCHAR IS NULL OR s.host = $1
ORDER BY s.host, s.resource;

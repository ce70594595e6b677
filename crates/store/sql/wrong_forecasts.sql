-- Series whose forecast turned out wrong: by the newest golden record that is a week older than the data ($1 is their
-- last day), of the last up to 14 days observed since, at least a week, more than half lie outside its 95 % interval. Beside
-- it what the last run has seen that explains it.
WITH kept AS (
    SELECT host, resource, ds, run_id, trained_through, yhat, yhat_lower_95, yhat_upper_95 FROM forecasts_history
    UNION ALL
    SELECT host, resource, ds, run_id, trained_through, yhat, yhat_lower_95, yhat_upper_95 FROM forecasts
),
record AS (
    SELECT *
    FROM kept
    WHERE ds <= $1
      AND run_id = (
        SELECT arg_max(run_id, (trained_through, run_id)) FROM kept WHERE trained_through <= $1::DATE - 7
    )
),
actual AS (
    SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, ds, avg(utilization::DOUBLE) AS actual
    FROM processed_data
    WHERE abs(utilization::DOUBLE) <= 1e100 AND ds <= $1
      AND ds > (SELECT min(trained_through) FROM record)
    GROUP BY ALL
),
-- Where a capacity has become another since, what was observed is brought to the one that the record is in shares of.
changed AS (
    SELECT r.host, r.resource, r.ds, product(c."to" / c."from") AS multiple
    FROM record AS r
    JOIN capacity_changes AS c ON c.host = r.host AND c.resource = r.resource
    WHERE c.day > r.trained_through AND c.day <= r.ds
    GROUP BY ALL
),
latest AS (
    SELECT r.*, a.actual * coalesce(c.multiple, 1) AS actual
    FROM record AS r
    JOIN actual AS a ON a.host = r.host AND a.resource = r.resource AND a.ds = r.ds
    LEFT JOIN changed AS c ON c.host = r.host AND c.resource = r.resource AND c.ds = r.ds
    WHERE r.ds > r.trained_through
    QUALIFY row_number() OVER (PARTITION BY r.host, r.resource ORDER BY r.ds DESC) <= 14
),
seen AS (
    SELECT host, resource, string_agg(message, '; ' ORDER BY message) AS message
    FROM series_issues
    WHERE code IN ('level_shift', 'pending_shift', 'growth_onset')
    GROUP BY ALL
)
SELECT
    l.host, l.resource, any_value(l.run_id), any_value(l.trained_through), count(*)::UBIGINT AS days,
    avg((l.actual NOT BETWEEN l.yhat_lower_95 AND l.yhat_upper_95)::INTEGER) AS share_outside,
    avg(l.actual - l.yhat) AS mean_excess,
    any_value(a.until), any_value(s.message)
FROM latest AS l
LEFT JOIN seen AS s ON s.host = l.host AND s.resource = l.resource
LEFT JOIN acknowledged AS a ON a.host = l.host AND a.resource = l.resource AND a.until >= $1
GROUP BY l.host, l.resource
HAVING count(*) >= 7 AND share_outside > 0.5
ORDER BY share_outside DESC, l.host, l.resource;

-- The outlook by threshold and, over all thresholds, by horizon, beside the forecast's line.
WITH
answers AS (
    SELECT 1 AS place, question AS what, threshold, p_full AS says, full_after, line_after, 9999 AS within
    FROM accuracy_outlook
    UNION ALL
    SELECT 2, format('within {} days', within), threshold, says, full_after, line_after, within
    FROM (
        SELECT
            threshold, full_after, line_after,
            unnest([30, 60, 90]) AS within, unnest([p_full_30, p_full_60, p_full_90]) AS says
        FROM accuracy_outlook
    )
),
known AS (
    SELECT
        *, coalesce(full_after <= within, false)::INTEGER AS is_full,
        coalesce(line_after <= within, false)::INTEGER AS line,
        rank() OVER (PARTITION BY what ORDER BY says)
        + (count(*) OVER (PARTITION BY what, says) - 1) / 2.0 AS place_by_size
    FROM answers
    WHERE says IS NOT NULL
)
SELECT
    what, count(*)::VARCHAR, format('{:.1f}', 100 * avg(is_full)), format('{:.1f}', 100 * avg(says)),
    format('{:.3f}', avg((says - is_full) ^ 2)), format('{:.3f}', avg((line - is_full) ^ 2)),
    format('{:.2f}', avg((says - is_full) ^ 2) / nullif(avg((line - is_full) ^ 2), 0)),
    format('{:.2f}',
        (sum(place_by_size) FILTER (is_full = 1) - sum(is_full) * (sum(is_full) + 1) / 2)
        / (sum(is_full) * (count(*) - sum(is_full))))
FROM known
GROUP BY place, what
ORDER BY place, what LIKE '% of capacity', regexp_extract(what, '[0-9]+')::INTEGER;

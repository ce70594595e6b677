-- How often the intervals of totals held, and how wide they were, by how many members the groups have, and of all.
WITH scored AS (
    SELECT
        *,
        CASE WHEN members < 4 THEN '2 or 3' WHEN members < 8 THEN '4 to 7' WHEN members < 16 THEN '8 to 15' ELSE '16 and more' END AS size,
        CASE WHEN members < 4 THEN 1 WHEN members < 8 THEN 2 WHEN members < 16 THEN 3 ELSE 4 END AS place
    FROM accuracy_groups
)
SELECT
    coalesce(size, 'all'), format('{}', count(*)), format('{:.3f}', avg(mase)),
    format('{:.3f}', avg(coverage_80)), format('{:.3f}', avg(coverage_95)),
    format('{:.3f}', avg(coverage_alike)), format('{:.3f}', avg(coverage_independent)),
    format('{:.2f}', avg(width_80)), format('{:.2f}', avg(width_alike)), format('{:.2f}', avg(width_independent))
FROM scored
GROUP BY GROUPING SETS ((size, place), ())
ORDER BY place NULLS LAST;

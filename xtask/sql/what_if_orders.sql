-- How much there is to order of each resource, by scenario $1, as it is and then.
SELECT
    resource,
    format('{:.4g}', coalesce(sum(to_order), 0)), format('{:.4g}', coalesce(sum(then_to_order), 0))
FROM what_if
WHERE scenario = $1
GROUP BY resource
HAVING sum(to_order) > 0 OR sum(then_to_order) > 0
ORDER BY resource;

-- What becomes of each of them. A day that stands in the table twice is replaced by the new one.
CREATE OR REPLACE TEMP TABLE import_changes AS
SELECT
    d.host, d.resource, d.ds, d.utilization,
    CASE
        WHEN p.rows IS NULL THEN 'new'
        WHEN p.rows = 1 AND p.utilization IS NOT DISTINCT FROM d.utilization THEN 'unchanged'
        ELSE 'changed'
    END AS change
FROM import_days AS d
LEFT JOIN (
    SELECT host, resource, ds, any_value(utilization) AS utilization, count(*) AS rows
    FROM processed_data
    WHERE ds IN (SELECT ds FROM import_days)
    GROUP BY host, resource, ds
) AS p USING (host, resource, ds);

DELETE FROM processed_data
USING import_changes AS c
WHERE c.change = 'changed'
  AND processed_data.host = c.host AND processed_data.resource = c.resource AND processed_data.ds = c.ds;

-- By name: whoever made the table may have put its columns in another order. Sorted, so that the
-- rows of a series stand together and reading some series skips the others.
INSERT INTO processed_data (host, resource, ds, utilization)
SELECT host, resource, ds, utilization
FROM import_changes
WHERE change <> 'unchanged'
ORDER BY host, resource, ds;

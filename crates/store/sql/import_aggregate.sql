-- One row a series and day, by one aggregate.
INSERT INTO import_days
SELECT s.host, s.resource, d.day, d.utilization, d.samples
FROM (
    SELECT place, {index} AS aggregate, day, {expression} AS utilization, count(*) AS samples
    FROM import_rows
    WHERE {part}
    GROUP BY place, day
) AS d
JOIN import_series AS s USING (place, aggregate);

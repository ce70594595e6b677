-- The wanted series on the days from $1 to $2: their places, days and values, in any order.
SELECT w.place, d.ds, d.utilization::DOUBLE AS utilization
FROM processed_data AS d
JOIN wanted_series AS w ON w.host = d.host::VARCHAR AND w.resource = d.resource::VARCHAR
WHERE d.ds BETWEEN $1 AND $2;

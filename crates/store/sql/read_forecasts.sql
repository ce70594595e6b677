-- An engine's forecasts of the wanted series on the days from $1 to $2, in any order.
SELECT w.place, f.ds, f.yhat, f.yhat_lower, f.yhat_upper
FROM {table} AS f
JOIN wanted_series AS w ON w.host = f.host AND w.resource = f.resource
WHERE f.ds BETWEEN $1 AND $2;

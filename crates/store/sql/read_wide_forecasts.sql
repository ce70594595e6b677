-- The golden forecasts of the wanted series on the days from $1 to $2 with their bounds at 95 %, in any order.
SELECT w.place, f.ds, f.yhat, f.yhat_lower_95 AS yhat_lower, f.yhat_upper_95 AS yhat_upper
FROM forecasts AS f
JOIN wanted_series AS w ON w.host = f.host AND w.resource = f.resource
WHERE f.ds BETWEEN $1 AND $2;

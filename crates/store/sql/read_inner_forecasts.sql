-- An engine's inner forecasts of the wanted series, from origins between $1 and $2.
SELECT w.place, i.origin, i.yhat
FROM {table} AS i
JOIN wanted_series AS w ON w.host = i.host AND w.resource = i.resource
WHERE i.origin BETWEEN $1 AND $2
ORDER BY w.place, i.origin;

-- Forecasts of the past of the wanted series.
SELECT w.place, p.origin, p.level, p.latest, p.yhat, p.errors, coalesce(p.settled, []) AS settled
FROM past_forecasts AS p
JOIN wanted_series AS w ON w.host = p.host AND w.resource = p.resource
ORDER BY w.place, p.origin;

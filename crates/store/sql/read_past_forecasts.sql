-- What the past says of the wanted series: forecasts, and of the days to come a row without one.
SELECT w.place, p.origin, p.level, p.latest, p.yhat, p.errors, coalesce(p.settled, []) AS settled,
    coalesce(p.years, []) AS years, coalesce(p.moved, []) AS moved
FROM past_forecasts AS p
JOIN wanted_series AS w ON w.host = p.host AND w.resource = p.resource
ORDER BY w.place, p.origin;

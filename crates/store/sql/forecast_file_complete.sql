-- A row a series and origin that has every day of the horizon, the days as lists. Parameter: days.
SELECT
    host, resource, origin,
    list(yhat ORDER BY ds) AS yhat,
    list(yhat_lower ORDER BY ds) AS yhat_lower,
    list(yhat_upper ORDER BY ds) AS yhat_upper
FROM forecast_file, (SELECT ?::BIGINT AS days) AS horizon
WHERE ds - origin BETWEEN 1 AND days
GROUP BY host, resource, origin, days
HAVING count(*) = days
ORDER BY host, resource, origin;

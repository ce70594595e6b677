-- How many golden rows of each series differ from what the model forecast: those drawn to the limits.
SELECT g.host, g.resource, count(*), any_value(l.floor), any_value(l.capacity)
FROM {golden} AS g
JOIN (
    SELECT 'prophet' AS model, host, resource, ds, yhat FROM prophet_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT 'challenger', host, resource, ds, yhat FROM challenger_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT model, host, resource, ds, yhat FROM judge_forecasts
) AS f ON f.host = g.host AND f.resource = g.resource AND f.ds = g.ds AND f.model = g.model
JOIN effective_limits AS l ON l.host = g.host AND l.resource = g.resource
WHERE g.yhat <> f.yhat
GROUP BY g.host, g.resource
ORDER BY g.host, g.resource;

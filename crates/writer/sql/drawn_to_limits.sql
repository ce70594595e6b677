-- How many golden rows of each series differ from what the model forecast: those drawn to the limits.
WITH at_a_limit AS (
    SELECT g.host, g.resource, g.ds, g.model, g.yhat, l.floor, l.capacity
    FROM {golden} AS g
    JOIN {limits} AS l ON l.host = g.host AND l.resource = g.resource
    WHERE g.yhat = l.floor OR g.yhat = l.capacity
),
future AS (
    SELECT 'prophet' AS model, host, resource, ds, yhat FROM prophet_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT 'challenger', host, resource, ds, yhat FROM challenger_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT model, host, resource, ds, yhat FROM judge_forecasts
)
SELECT g.host, g.resource, count(*), any_value(g.floor), any_value(g.capacity)
FROM at_a_limit AS g
JOIN future AS f ON f.host = g.host AND f.resource = g.resource AND f.ds = g.ds AND f.model = g.model
WHERE g.yhat <> f.yhat
GROUP BY g.host, g.resource
ORDER BY g.host, g.resource;

-- The forecasts of the future that become golden, of the wanted series on the days from $1 to $2, in any order.
WITH future AS (
    SELECT 'prophet' AS model, host, resource, ds, yhat, yhat_lower, yhat_upper
    FROM prophet_forecasts
    WHERE segment = 'future'
    UNION ALL
    SELECT 'challenger', host, resource, ds, yhat, yhat_lower, yhat_upper
    FROM challenger_forecasts
    WHERE segment = 'future'
    UNION ALL
    SELECT 'xgboost', host, resource, ds, yhat, yhat_lower, yhat_upper
    FROM xgboost_forecasts
    WHERE segment = 'future'
    UNION ALL
    SELECT model, host, resource, ds, yhat, yhat, yhat
    FROM judge_forecasts
)
SELECT w.place, f.ds, f.yhat, f.yhat_lower, f.yhat_upper
FROM future AS f
JOIN (
    SELECT w.place, b.host, b.resource, b.golden
    FROM wanted_series AS w
    JOIN model_leaderboard AS b ON b.host = w.host AND b.resource = w.resource
) AS w ON w.host = f.host AND w.resource = f.resource AND w.golden = f.model
WHERE f.ds BETWEEN $1 AND $2;

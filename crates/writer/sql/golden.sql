-- The winner's future, a row a series and day. $1 is the run, $2 the last day the engines saw.
INSERT INTO {golden}
SELECT
    $1 AS run_id, f.host, f.resource, f.ds, f.yhat, f.yhat_lower, f.yhat_upper,
    l.winner AS model, $2::DATE AS trained_through
FROM model_leaderboard AS l
JOIN (
    SELECT 'prophet' AS model, * FROM prophet_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT 'challenger' AS model, * FROM challenger_forecasts WHERE segment = 'future'
) AS f ON f.host = l.host AND f.resource = l.resource AND f.model = l.winner
ORDER BY f.host, f.resource, f.ds;

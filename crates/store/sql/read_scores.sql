-- The backtest of every model, in key order. Earlier origins inside the training window may stand in
-- the table, too.
SELECT host, resource, model, mape, mae, coverage_80
FROM backtest_scores
WHERE $1::VARCHAR IS NULL OR host = $1
QUALIFY origin = max(origin) OVER ()
ORDER BY host, resource, model;

-- The golden record becomes history, unless the next one has seen the same last day ($1).
INSERT INTO forecasts_history
SELECT
    run_id, host, resource, ds, yhat, yhat_lower, yhat_upper, yhat_lower_95, yhat_upper_95,
    model, trained_through
FROM forecasts
WHERE trained_through <> $1 AND yhat_lower_95 IS NOT NULL;

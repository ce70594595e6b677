-- The windows on their way, a day a row, in their order. $1 is the run.
INSERT INTO {draft}
SELECT
    $1, host, resource, first + unnest(range(len(yhat)))::INTEGER, segment,
    unnest(yhat), unnest(yhat_lower), unnest(yhat_upper)
FROM forecast_windows;

-- The golden forecasts on their way, a day a row, in their order. $1 is the run, $2 the last day they have seen.
INSERT INTO {draft}
SELECT
    $1, host, resource, first + unnest(range(len(yhat)))::INTEGER,
    unnest(yhat), unnest(yhat_lower), unnest(yhat_upper), unnest(yhat_lower_95), unnest(yhat_upper_95),
    model, $2
FROM golden_windows;

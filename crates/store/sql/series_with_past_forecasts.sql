-- Series whose golden models have forecasts of the past.
SELECT DISTINCT host, resource
FROM past_forecasts
WHERE len(yhat) > 0
ORDER BY ALL;

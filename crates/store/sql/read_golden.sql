-- The golden forecasts of the series from ($1, $2) to ($3, $4), on the days from $5 to $6.
SELECT
    host, resource,
    list(ds) AS ds, list(yhat) AS yhat, list(yhat_lower) AS yhat_lower, list(yhat_upper) AS yhat_upper
FROM forecasts
WHERE host >= $1 AND host <= $3
  AND (host > $1 OR resource >= $2)
  AND (host < $3 OR resource <= $4)
  AND ds BETWEEN $5 AND $6
GROUP BY ALL
ORDER BY host, resource;

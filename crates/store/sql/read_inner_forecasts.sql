-- An engine's inner forecasts of the series from ($1, $2) to ($3, $4), from origins between $5 and $6.
SELECT host, resource, origin, yhat
FROM {table}
WHERE host >= $1 AND host <= $3
  AND (host > $1 OR resource >= $2)
  AND (host < $3 OR resource <= $4)
  AND origin BETWEEN $5 AND $6
ORDER BY host, resource, origin;

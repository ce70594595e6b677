-- What an engine was asked of the series from ($1, $2) to ($3, $4).
SELECT host, resource, fingerprint
FROM {table}
WHERE host >= $1 AND host <= $3
  AND (host > $1 OR resource >= $2)
  AND (host < $3 OR resource <= $4);

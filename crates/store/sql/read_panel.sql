-- The series from ($1, $2) to ($3, $4), on the days from $5 to $6: their days and values, in any
-- order. The plain bounds on `host` let DuckDB skip row groups.
SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, ds, utilization::DOUBLE AS utilization
FROM processed_data
WHERE host >= $1 AND host <= $3
  AND (host > $1 OR resource >= $2)
  AND (host < $3 OR resource <= $4)
  AND ds BETWEEN $5 AND $6;

-- What the data is, whatever order its rows stand in: their number, the last day, and two sums of
-- row hashes (one alone would miss a row that stands there twice).
SELECT
    count(*) AS rows,
    max(ds) FILTER (WHERE ds BETWEEN DATE '0001-01-01' AND DATE '9999-12-31') AS last_day,
    coalesce(bit_xor(hash(host, resource, ds, utilization)), 0)::VARCHAR
        || '-' || coalesce(sum(hash(host, resource, ds, utilization)::HUGEINT), 0)::VARCHAR AS fingerprint
FROM processed_data;

-- How the values of every series lie, of the days up to {until}: what limits by name go by. Shares of values are
-- counted, not the smallest and the largest: one sample of 100.3, or of -2e-14, is a fault of the sample.
SELECT
    host::VARCHAR AS host,
    resource::VARCHAR AS resource,
    count(*) FILTER (WHERE abs(utilization::DOUBLE) <= 1e100) AS days,
    count(*) FILTER (WHERE utilization::DOUBLE < 0 AND utilization::DOUBLE >= -1e100) AS negative,
    count(*) FILTER (WHERE abs(utilization::DOUBLE) <= 1e100 AND utilization::DOUBLE NOT BETWEEN 0 AND 100) AS outside,
    coalesce(bool_or(abs(utilization::DOUBLE) <= 1e100 AND utilization::DOUBLE NOT BETWEEN -10 AND 110), false) AS is_far,
    coalesce(bool_or(utilization::DOUBLE > 1 AND utilization::DOUBLE <= 100), false) AS is_above_one
FROM processed_data
WHERE host IS NOT NULL AND resource IS NOT NULL AND ds BETWEEN DATE '0001-01-01' AND {until}
GROUP BY ALL

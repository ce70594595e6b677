-- One row a forecast series: when it reaches its threshold. $1 is the run, $2 the last day of data,
-- $3 how many days must be full, $4 and $5 the last days in which a series in use has a value and
-- in which an excess shows. {further_days} is one less than the days among which $3 must be full:
-- the bound of a window cannot be a parameter.
INSERT INTO {outlook}
WITH
predicted AS (
    SELECT f.host, f.resource, f.ds, f.yhat, f.yhat_upper, f.model, l.threshold
    FROM {golden} AS f
    JOIN {limits} AS l ON l.host = f.host AND l.resource = f.resource
),
-- From each day on, how many of the next days are full. Days after the horizon are not counted, so
-- a crossing at its very end is none.
counted AS (
    SELECT
        *,
        count(*) FILTER (WHERE yhat >= threshold) OVER following AS full_days,
        count(*) FILTER (WHERE yhat_upper >= threshold) OVER following AS perhaps_full_days
    FROM predicted
    WINDOW following AS (
        PARTITION BY host, resource ORDER BY ds
        ROWS BETWEEN CURRENT ROW AND {further_days} FOLLOWING
    )
),
ahead AS (
    SELECT
        host, resource,
        min(ds) FILTER (WHERE yhat >= threshold AND full_days >= $3) AS full_on,
        min(ds) FILTER (WHERE yhat_upper >= threshold AND perhaps_full_days >= $3) AS full_on_earliest,
        max(yhat) AS peak,
        min(model) AS model
    FROM counted
    GROUP BY host, resource
),
-- The last days as the engines saw them: a day that occurs twice has the mean of its values. Sorted,
-- so that no sum depends on the order of rows.
observed AS (
    SELECT
        host::VARCHAR AS host, resource::VARCHAR AS resource, ds,
        list_avg(list_sort(list(utilization::DOUBLE))) AS y
    FROM processed_data AS d
    WHERE abs(utilization::DOUBLE) <= 1e100
      AND NOT EXISTS (
          SELECT 1 FROM left_out_days AS u
          WHERE u.host = d.host::VARCHAR AND u.resource = d.resource::VARCHAR AND u.ds = d.ds
      )
      AND ds <= $2::DATE AND ds > $2::DATE - $4::INTEGER - $5::INTEGER
    GROUP BY ALL
),
latest AS (
    SELECT host, resource, y
    FROM observed
    QUALIFY ds > max(ds) OVER (PARTITION BY host, resource) - $5::INTEGER
),
recent AS (
    SELECT
        r.host, r.resource,
        list_avg(list_sort(list(r.y))) AS recent,
        count(*) FILTER (WHERE r.y >= l.threshold) >= $3 AS is_over
    FROM latest AS r
    JOIN {limits} AS l ON l.host = r.host AND l.resource = r.resource
    GROUP BY r.host, r.resource
),
found AS (
    SELECT
        a.host, a.resource, l.threshold, l.capacity, l.source, a.model, r.recent, a.peak, b.trust,
        CASE
            WHEN l.threshold IS NULL THEN 'no_limit'
            WHEN r.is_over THEN 'over'
            WHEN a.full_on IS NOT NULL THEN 'within'
            ELSE 'not_within_horizon'
        END AS status,
        if(r.is_over, $2::DATE, a.full_on) AS full_on,
        if(r.is_over, $2::DATE, a.full_on_earliest) AS full_on_earliest
    FROM ahead AS a
    JOIN {limits} AS l ON l.host = a.host AND l.resource = a.resource
    LEFT JOIN recent AS r ON r.host = a.host AND r.resource = a.resource
    LEFT JOIN model_leaderboard AS b ON b.host = a.host AND b.resource = a.resource
)
SELECT
    $1 AS run_id, host, resource, threshold, capacity, source AS limits_from, status,
    full_on, full_on_earliest, full_on - $2::DATE AS days_left,
    trust, model, $2::DATE AS as_of, recent, peak
FROM found
ORDER BY host, resource;

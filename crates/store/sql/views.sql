-- What came true of golden records: every day that has been forecast and has since been observed.
-- A day that occurs twice in the data has the mean of its values. Where the capacity of a percentage has become another since the
-- record was made, what was observed is brought to the one that the record is in shares of.
CREATE OR REPLACE VIEW live_accuracy AS
WITH golden AS (
    SELECT
        run_id, host, resource, ds, yhat, yhat_lower, yhat_upper, yhat_lower_95, yhat_upper_95,
        model, trained_through
    FROM forecasts
    UNION ALL
    SELECT * FROM forecasts_history
),
actual AS (
    SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, ds, avg(utilization::DOUBLE) AS actual
    FROM processed_data
    WHERE abs(utilization::DOUBLE) <= 1e100
      AND ds > (SELECT min(trained_through) FROM golden)
    GROUP BY ALL
),
changed AS (
    SELECT g.run_id, g.host, g.resource, g.ds, product(c."to" / c."from") AS multiple
    FROM golden AS g
    JOIN capacity_changes AS c ON c.host = g.host AND c.resource = g.resource
    WHERE c.day > g.trained_through AND c.day <= g.ds
    GROUP BY ALL
),
known AS (
    SELECT g.*, a.actual * coalesce(c.multiple, 1) AS actual
    FROM golden AS g
    JOIN actual AS a ON a.host = g.host AND a.resource = g.resource AND a.ds = g.ds
    LEFT JOIN changed AS c ON c.run_id = g.run_id AND c.host = g.host AND c.resource = g.resource AND c.ds = g.ds
    WHERE g.ds > g.trained_through
)
SELECT
    run_id, host, resource, model, trained_through, ds,
    ds - trained_through AS age_days,
    actual, yhat, yhat_lower, yhat_upper,
    yhat - actual AS error,
    actual BETWEEN yhat_lower AND yhat_upper AS inside,
    actual BETWEEN yhat_lower_95 AND yhat_upper_95 AS inside_95
FROM known;

-- The same by age (a month of 30 days at a time), model and resource.
CREATE OR REPLACE VIEW live_accuracy_by_age AS
SELECT
    resource, model, 30 * ((age_days - 1) // 30) + 30 AS up_to_days_ahead,
    count(DISTINCT (host, resource)) AS series,
    count(*) AS days,
    100 * sum(abs(error)) / nullif(sum(abs(actual)), 0) AS wape,
    avg(error) AS bias,
    avg(inside::INTEGER) AS coverage,
    avg(inside_95::INTEGER) AS coverage_95
FROM live_accuracy
GROUP BY ALL
ORDER BY ALL;

-- Series whose newest golden record is wrong: of the last up to 14 days observed since, at least a
-- week, more than half lie outside the 95 % interval.
CREATE OR REPLACE VIEW forecast_drift AS
WITH latest AS (
    SELECT *
    FROM live_accuracy
    WHERE run_id = (SELECT max(run_id) FROM forecasts)
    QUALIFY row_number() OVER (PARTITION BY host, resource ORDER BY ds DESC) <= 14
)
SELECT
    host, resource, any_value(model) AS model, count(*) AS days,
    avg((NOT inside_95)::INTEGER) AS share_outside_95,
    avg(-error) AS mean_excess,  -- actual minus forecast
    max(ds) AS last_day
FROM latest
GROUP BY host, resource
HAVING count(*) >= 7 AND avg((NOT inside_95)::INTEGER) > 0.5
ORDER BY share_outside_95 DESC, host, resource;

-- What intervals promised and what was found on the backtest, by resource and golden model.
CREATE OR REPLACE VIEW interval_coverage AS
SELECT
    run_id, resource, golden AS model, count(coverage_80) AS series,
    0.8 AS promised, avg(coverage_80) AS found
FROM model_leaderboard
GROUP BY ALL
ORDER BY ALL;

-- What became of outlooks: every one that named no series over already, of this run and earlier ones, beside the first
-- sustained crossing that was observed after it, by the rule of its run. A day that occurs twice has the mean of its
-- values.
CREATE OR REPLACE VIEW live_outlook_accuracy AS
WITH rules AS (
    SELECT
        run_id,
        json_extract_string(config, '$.forecast.horizon_days')::INTEGER AS horizon_days,
        split_part(json_extract_string(config, '$.outlook.sustained'), '/', 1)::INTEGER AS full_days,
        split_part(json_extract_string(config, '$.outlook.sustained'), '/', 2)::INTEGER AS of_days
    FROM runs
),
promised AS (
    SELECT *
    FROM (FROM capacity_outlook UNION ALL BY NAME FROM outlook_history)
    JOIN rules USING (run_id)
    WHERE status NOT IN ('over', 'no_limit')
),
asked AS (
    SELECT host, resource, threshold, full_days, of_days, min(as_of) AS as_of
    FROM promised
    GROUP BY ALL
),
observed AS (
    SELECT a.host, a.resource, a.threshold, a.full_days, a.of_days, d.ds, d.actual >= a.threshold AS is_full
    FROM asked AS a
    JOIN (
        SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, ds, avg(utilization::DOUBLE) AS actual
        FROM processed_data
        WHERE abs(utilization::DOUBLE) <= 1e100
          AND ds > (SELECT min(as_of) FROM asked)
        GROUP BY ALL
    ) AS d ON d.host = a.host AND d.resource = a.resource AND d.ds > a.as_of
),
crossings AS (
    SELECT host, resource, threshold, full_days, of_days, ds
    FROM observed
    QUALIFY is_full AND count(*) FILTER (is_full) OVER (
        PARTITION BY host, resource, threshold, full_days, of_days
        ORDER BY ds
        RANGE BETWEEN CURRENT ROW AND to_days(of_days - 1) FOLLOWING
    ) >= full_days
),
seen AS (
    SELECT host, resource, max(ds) AS known_through
    FROM observed
    GROUP BY ALL
),
came AS (
    SELECT
        p.*, s.known_through,
        CASE WHEN c.ds <= p.as_of + p.horizon_days THEN c.ds END AS came_full_on
    FROM promised AS p
    LEFT JOIN seen AS s ON s.host = p.host AND s.resource = p.resource
    ASOF LEFT JOIN crossings AS c
        ON c.host = p.host AND c.resource = p.resource AND c.threshold = p.threshold
       AND c.full_days = p.full_days AND c.of_days = p.of_days AND c.ds > p.as_of
)
SELECT
    run_id, host, resource, model, trust, rule, as_of, horizon_days, threshold, status, p_full, full_on,
    full_on_earliest, line_full_on, came_full_on, known_through,
    came_full_on IS NOT NULL OR coalesce(known_through >= as_of + horizon_days, false) AS is_known,
    came_full_on - coalesce(full_on, line_full_on) AS days_late,
    full_on_earliest <= came_full_on AS warned_in_time
FROM came;

-- What a planner has to do, what to look at, and what stands as it stood, where it takes 45 days to replace something;
-- `top` and the report ask the same for other times.
CREATE OR REPLACE VIEW outlook_lists AS
{outlook_lists};

-- What has to be done now and that nobody knows about yet: full lately, or likely full before it can be replaced.
CREATE OR REPLACE VIEW act_list AS
SELECT * EXCLUDE (list, acknowledged_until, note)
FROM outlook_lists
WHERE list = 'act' AND acknowledged_until IS NULL
ORDER BY place;

-- The golden record, a row a series and day: the golden model's future with calibrated intervals,
-- inside the limits of its resource. $1 is the run, $2 the last day the forecasts have seen, $3 the
-- level of yhat_lower and yhat_upper as a share.
INSERT INTO {golden}
WITH
-- Half of an interval's width where errors have grown by 1: the quantile of past errors at the level,
-- interpolated between whole percents.
half_widths AS (
    SELECT
        host, resource,
        [
            quantiles[floor(100 * level)::INTEGER + 1]
            + (100 * level - floor(100 * level))
            * (quantiles[least(floor(100 * level)::INTEGER + 2, 101)] - quantiles[floor(100 * level)::INTEGER + 1])
            FOR level IN [$3::DOUBLE, 0.95]
        ] AS half_width
    FROM interval_calibration
),
plan AS (
    SELECT
        b.host, b.resource, b.golden AS model,
        h.half_width[1] AS half_width, h.half_width[2] AS half_width_95,
        l.floor, l.capacity
    FROM model_leaderboard AS b
    LEFT JOIN half_widths AS h ON h.host = b.host AND h.resource = b.resource
    LEFT JOIN {limits} AS l ON l.host = b.host AND l.resource = b.resource
),
future AS (
    SELECT 'prophet' AS model, host, resource, ds, yhat, yhat_lower, yhat_upper
    FROM prophet_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT 'challenger', host, resource, ds, yhat, yhat_lower, yhat_upper
    FROM challenger_forecasts WHERE segment = 'future'
    UNION ALL
    SELECT model, host, resource, ds, yhat, yhat, yhat
    FROM judge_forecasts
),
-- Where no error was ever made to draw an interval from, the engine's own stands; at 95 % it is as
-- much wider as a normal distribution's is.
drawn AS (
    SELECT
        f.host, f.resource, f.ds, f.model, f.yhat, p.floor, p.capacity,
        f.yhat - coalesce(p.half_width * growth, f.yhat - f.yhat_lower) AS lower,
        f.yhat + coalesce(p.half_width * growth, f.yhat_upper - f.yhat) AS upper,
        f.yhat - coalesce(p.half_width_95 * growth, {widening} * (f.yhat - f.yhat_lower)) AS lower_95,
        f.yhat + coalesce(p.half_width_95 * growth, {widening} * (f.yhat_upper - f.yhat)) AS upper_95
    FROM plan AS p
    JOIN (
        SELECT *, 0.85 + 0.15 * sqrt((ds - $2::DATE) / 30) AS growth
        FROM future
    ) AS f ON f.host = p.host AND f.resource = p.resource AND f.model = p.model
)
SELECT
    $1 AS run_id, host, resource, ds,
    least(greatest(yhat, floor), capacity),
    least(greatest(lower, floor), capacity), least(greatest(upper, floor), capacity),
    least(greatest(least(lower_95, lower), floor), capacity), least(greatest(greatest(upper_95, upper), floor), capacity),
    model, $2::DATE AS trained_through
FROM drawn
ORDER BY host, resource, ds;

-- Every contender's mean scores; its MASE beside Prophet's as it comes; how often it was the better
-- one of the two, with half a 95 % interval. Series and origins are not independent, so the
-- interval is by series: the share of each counts once.
WITH
paired AS (
    SELECT
        s.*, p.mase AS prophet_mase,
        CASE WHEN s.mase < p.mase THEN 1.0 WHEN s.mase = p.mase THEN 0.5 ELSE 0.0 END AS is_better
    FROM accuracy_scores AS s
    JOIN accuracy_scores AS p
        ON p.model = 'prophet_default' AND p.host = s.host AND p.resource = s.resource AND p.as_of = s.as_of
    WHERE s.model NOT LIKE 'margin%'
),
by_series AS (
    SELECT model, host, resource, avg(is_better) AS share
    FROM paired
    GROUP BY ALL
),
shares AS (
    SELECT model, avg(share) AS share, 1.96 * coalesce(stddev_samp(share), 0) / sqrt(count(*)) AS half_width
    FROM by_series
    GROUP BY model
)
SELECT
    model,
    format('{:.3f}', avg(mase)),
    format('{:.3f}', avg(mase) / avg(prophet_mase)),
    if(model = 'prophet_default', NULL, format('{:.0f}', 100 * any_value(share))),
    if(model = 'prophet_default', NULL, format('{:.0f}', 100 * any_value(half_width))),
    format('{:.2f}', avg(mape)), format('{:.2f}', avg(wape)), format('{:+.2f}', avg(bias)),
    format('{:.3f}', avg(coverage_80)), format('{:.3f}', avg(coverage_95)),
    format('{:.2f}', avg(width)), format('{:.3f}', avg(pinball))
FROM paired
JOIN shares USING (model)
GROUP BY model
ORDER BY avg(mase);

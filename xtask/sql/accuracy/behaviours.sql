-- By behaviour: how far off, and whether intervals hold. Nobody can know of a break after the origin: such forecasts are in
-- the other table only.
SELECT
    behaviour, count(*)::VARCHAR,
    format('{:.2f}', avg(prophet_mase)), format('{:.2f}', avg(off_mase)), format('{:.2f}', avg(mase)),
    format('{:.3f}', avg(mase) / avg(off_mase)),
    format('{:.2f}', avg(off_coverage)), format('{:.2f}', avg(coverage)),
    format('{:.1f}', avg(off_width)), format('{:.1f}', avg(width))
FROM accuracy_by_behaviour
WHERE day IS NULL OR age >= 1
GROUP BY behaviour
ORDER BY behaviour;

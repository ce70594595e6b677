-- The winner's error by promotion margin, beside Prophet's as it comes.
WITH
champion AS (
    SELECT host, resource, as_of, mase FROM accuracy_scores WHERE model = 'prophet'
),
bar AS (
    SELECT avg(mase) AS mase FROM accuracy_scores WHERE model = 'prophet_default'
)
SELECT
    substr(m.model, 8),
    format('{:.4f}', avg(m.mase)), format('{:.4f}', avg(m.mase) / any_value(bar.mase)),
    format('{:.0f}', 100 * avg((m.mase <> champion.mase)::INTEGER))
FROM accuracy_scores AS m
JOIN champion USING (host, resource, as_of)
CROSS JOIN bar
WHERE m.model LIKE 'margin%'
GROUP BY m.model
ORDER BY substr(m.model, 8)::DOUBLE;

-- How the errors of one contender ($1) are beside those of another ($2), as a logarithm: a row a host, origin and resource.
-- Errors that are nothing beside the scale of the series count as a thousandth of it.
SELECT w.host, w.as_of::VARCHAR, ln(greatest(w.mase, 0.001) / greatest(o.mase, 0.001))
FROM accuracy_scores AS w
JOIN accuracy_scores AS o ON o.host = w.host AND o.resource = w.resource AND o.as_of = w.as_of AND o.model = $2
WHERE w.model = $1 AND w.mase IS NOT NULL AND o.mase IS NOT NULL
ORDER BY ALL;

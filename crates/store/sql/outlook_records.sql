-- Outlooks of earlier runs that are kept and go by the rule of the one that stands, the newest first.
SELECT run_id, as_of, count(*)::UBIGINT
FROM outlook_history
WHERE rule = coalesce((SELECT max(rule) FROM capacity_outlook), rule)
GROUP BY ALL
ORDER BY run_id DESC;

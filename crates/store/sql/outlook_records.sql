-- Outlooks of earlier runs that are kept, the newest first.
SELECT run_id, as_of, count(*)::UBIGINT
FROM outlook_history
GROUP BY ALL
ORDER BY run_id DESC;

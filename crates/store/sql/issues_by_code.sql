-- Series and issues a code: one series may have an issue in several stages.
SELECT severity, code, count(DISTINCT (host, resource)), count(*)
FROM series_issues
GROUP BY severity, code
ORDER BY severity = 'info', severity = 'warning', 3 DESC, code;

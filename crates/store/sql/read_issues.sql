-- What was wrong with series, or was repaired.
SELECT host, resource, severity, code, message
FROM series_issues
WHERE $1::VARCHAR IS NULL OR host = $1
ORDER BY host, resource, severity, code, message;

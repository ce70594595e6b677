-- Sorted to the last column: which batch an issue came in leaves no trace.
INSERT INTO series_issues
FROM {draft}
ORDER BY stage, host, resource, engine, severity, code, message;
DROP TABLE {draft};

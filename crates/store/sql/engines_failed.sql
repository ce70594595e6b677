-- Series on which an engine failed.
SELECT DISTINCT host, resource
FROM series_issues
WHERE stage IN ('prophet', 'challenger', 'xgboost') AND severity = 'error' AND engine IS NOT NULL;

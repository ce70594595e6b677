-- The last day of data the golden record is of, by the run that made it; NULL where there is no golden record.
SELECT (SELECT r.as_of FROM runs AS r WHERE r.run_id = f.run_id)
FROM (SELECT max(run_id) AS run_id FROM forecasts) AS f;

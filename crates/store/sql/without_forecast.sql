-- Series of run $1 that have no golden row: whose forecast is golden has an outlook.
SELECT greatest(series - (SELECT count(*) FROM capacity_outlook), 0)
FROM runs
WHERE run_id = $1;

-- The outlook becomes history, unless the next one is as of the same day ($1).
INSERT INTO outlook_history
SELECT
    run_id, host, resource, threshold, capacity, limits_from, status, full_on, full_on_earliest, days_left, trust,
    model, as_of, recent, peak, 'line'
FROM capacity_outlook
WHERE as_of <> $1;

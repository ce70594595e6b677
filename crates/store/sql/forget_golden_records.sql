-- Of every last day ($1 is the newest record's) the newest run counts, and of those the last $2.
DELETE FROM forecasts_history
WHERE trained_through = $1
   OR (trained_through, run_id) NOT IN (
    SELECT trained_through, max(run_id)
    FROM forecasts_history
    WHERE trained_through <> $1
    GROUP BY trained_through
    ORDER BY trained_through DESC
    LIMIT $2
);

-- Of outlooks as of one day the newest run's counts ($1 is the day of the one to come). Those of the last 14 days
-- and the last one are kept, then the first of each week, for 13 months: a promise of 180 days can be held against what happened.
DELETE FROM outlook_history
WHERE as_of = $1
   OR as_of < $1::DATE - INTERVAL 13 MONTH
   OR (as_of, run_id) NOT IN (SELECT as_of, max(run_id) FROM outlook_history GROUP BY as_of)
   OR (as_of <= $1::DATE - 14 AND as_of <> (SELECT max(as_of) FROM outlook_history WHERE as_of < $1) AND as_of NOT IN (
        SELECT min(as_of)
        FROM outlook_history
        WHERE as_of <= $1::DATE - 14
        GROUP BY date_trunc('week', as_of)
    ));

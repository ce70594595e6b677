-- Who won each series in the last run on other data than those of run $1. A leaderboard of the same
-- data has that on it already: judging twice must come to the same.
SELECT b.host, b.resource, if(is_of_same_data, b.incumbent, b.winner) AS incumbent
FROM model_leaderboard AS b
CROSS JOIN (
    SELECT
        last.as_of = this.as_of AND last.data_fingerprint = this.data_fingerprint AS is_of_same_data
    FROM runs AS this
    JOIN runs AS last ON last.run_id = (SELECT any_value(run_id) FROM model_leaderboard)
    WHERE this.run_id = $1
)
WHERE if(
    is_of_same_data,
    b.incumbent IS NOT NULL,
    b.decided_by NOT IN ('only_engine', 'only_backtest', 'no_backtest', 'no_engine')
);

-- Who won the last run.
SELECT host, resource, winner
FROM model_leaderboard
WHERE decided_by NOT IN ('only_engine', 'only_backtest', 'no_backtest', 'no_engine');

-- The leaderboard in one row: series, wins, median MAPE, and how often the winner's error is below
-- that of seasonal naive.
SELECT
    count(*),
    count(*) FILTER (WHERE winner = 'prophet'),
    count(*) FILTER (WHERE winner = 'challenger'),
    median(prophet_mape),
    median(challenger_mape),
    median(naive_mape),
    count(*) FILTER (WHERE if(winner = 'prophet', prophet_mae, challenger_mae) < naive_mae)
FROM model_leaderboard;

-- The leaderboard in one row: series, wins, median MAPE, and how often the winner's error is below
-- that of seasonal naive (a plain repetition's by its skill); what its intervals held of the backtest, and how many series have which
-- grade.
SELECT
    count(*),
    count(*) FILTER (WHERE winner = 'prophet'),
    count(*) FILTER (WHERE winner = 'challenger'),
    count(*) FILTER (WHERE winner IN ('naive_level', 'naive_week', 'naive_year')),
    median(prophet_mape),
    median(challenger_mape),
    median(naive_mape),
    count(*) FILTER (WHERE CASE winner
        WHEN 'prophet' THEN prophet_mae < naive_mae
        WHEN 'challenger' THEN challenger_mae < naive_mae
        WHEN 'xgboost' THEN xgboost_mae < naive_mae
        ELSE skill > 0
    END),
    median(blend_mape),
    avg(coverage_80),
    count(*) FILTER (WHERE trust = 'A'),
    count(*) FILTER (WHERE trust = 'B'),
    count(*) FILTER (WHERE trust = 'C'),
    count(*) FILTER (WHERE trust = 'D'),
    count(*) FILTER (WHERE winner = 'xgboost'),
    median(xgboost_mape)
FROM model_leaderboard;

-- What intervals promised and what was found on the backtest, by labelled behaviour.
CREATE OR REPLACE VIEW interval_coverage_by_behaviour AS
SELECT
    run_id, behaviour, golden AS model, count(coverage_80) AS series,
    0.8 AS promised, avg(coverage_80) AS found
FROM model_leaderboard
JOIN demo_labels USING (host, resource)
GROUP BY ALL
ORDER BY ALL;

-- One row a series that some engine has forecast: who wins, by which metric, and why.
-- $1 is the run, $2 the promotion margin in percent.
INSERT INTO {leaderboard}
WITH
-- Engines that have a future to offer. Without one, a good backtest is of no use.
prophet_series AS (
    SELECT DISTINCT host, resource FROM prophet_forecasts WHERE segment = 'future'
),
challenger_series AS (
    SELECT DISTINCT host, resource FROM challenger_forecasts WHERE segment = 'future'
),
series AS (
    SELECT
        host, resource,
        p.host IS NOT NULL AS has_prophet,
        c.host IS NOT NULL AS has_challenger
    FROM prophet_series AS p
    FULL JOIN challenger_series AS c USING (host, resource)
),
scored AS (
    SELECT
        s.host, s.resource, s.has_prophet, s.has_challenger,
        p AS prophet, c AS challenger, n AS naive,
        coalesce(p.n_scored, c.n_scored, 0) AS n_scored,
        coalesce(p.n_days, c.n_days, 0) AS n_days
    FROM series AS s
    LEFT JOIN {scores} AS p ON p.model = 'prophet' AND s.host = p.host AND s.resource = p.resource
    LEFT JOIN {scores} AS c ON c.model = 'challenger' AND s.host = c.host AND s.resource = c.resource
    LEFT JOIN {scores} AS n ON n.model = 'seasonal_naive' AND s.host = n.host AND s.resource = n.resource
),
-- MAPE decides where at least half the days can be scored; else WAPE; else MAE, which both
-- engines have as soon as one day of the backtest has a value.
metric AS (
    SELECT
        *,
        CASE
            WHEN NOT (has_prophet AND has_challenger) THEN 'only_engine'
            WHEN prophet.mae IS NULL AND challenger.mae IS NULL THEN 'no_backtest'
            WHEN prophet.mae IS NULL OR challenger.mae IS NULL THEN 'only_backtest'
            WHEN n_scored > 0 AND 2 * n_scored >= n_days THEN 'mape'
            WHEN prophet.wape IS NOT NULL AND challenger.wape IS NOT NULL THEN 'wape'
            ELSE 'mae'
        END AS decided_by
    FROM scored
),
compared AS (
    SELECT
        *,
        CASE decided_by WHEN 'mape' THEN prophet.mape WHEN 'wape' THEN prophet.wape WHEN 'mae' THEN prophet.mae END
            AS prophet_error,
        CASE decided_by WHEN 'mape' THEN challenger.mape WHEN 'wape' THEN challenger.wape WHEN 'mae' THEN challenger.mae END
            AS challenger_error
    FROM metric
),
decided AS (
    SELECT
        *,
        CASE
            WHEN decided_by = 'only_engine' THEN if(has_prophet, 'prophet', 'challenger')
            WHEN decided_by = 'only_backtest' THEN if(prophet.mae IS NULL, 'challenger', 'prophet')
            WHEN challenger_error < prophet_error * (1 - $2 / 100) THEN 'challenger'
            ELSE 'prophet'
        END AS winner,
        -- How much smaller the smaller error is, in percent of the larger.
        100 * abs(prophet_error - challenger_error) / nullif(greatest(prophet_error, challenger_error), 0) AS lead
    FROM compared
)
SELECT
    $1 AS run_id, host, resource, winner,
    prophet.mape, challenger.mape, naive.mape,
    prophet.wape, challenger.wape, naive.wape,
    prophet.smape, challenger.smape, naive.smape,
    prophet.mase, challenger.mase, naive.mase,
    prophet.mae, challenger.mae, naive.mae,
    prophet.rmse, challenger.rmse, naive.rmse,
    prophet.bias, challenger.bias, naive.bias,
    prophet.coverage_80, challenger.coverage_80,
    prophet.pinball, challenger.pinball,
    n_scored, decided_by,
    NULL AS trust,
    CASE
        WHEN decided_by = 'only_engine' AND has_prophet THEN 'the challenger has no forecast'
        WHEN decided_by = 'only_engine' THEN 'prophet has no forecast'
        WHEN decided_by = 'no_backtest' THEN 'no backtest to decide by; the champion stays'
        WHEN decided_by = 'only_backtest' THEN format('only {} has a backtest', if(winner = 'prophet', 'prophet', 'the challenger'))
        WHEN prophet_error = challenger_error THEN format('a tie at {} {:.4g}; the champion stays', upper(decided_by), prophet_error)
        WHEN winner = 'prophet' AND challenger_error < prophet_error
            THEN format('challenger {:.1f} % better, within the {:.4g} % margin; the champion stays', lead, $2)
        ELSE format('{} {:.1f} % better by {} ({:.4g} against {:.4g})',
            winner, lead, upper(decided_by),
            least(prophet_error, challenger_error), greatest(prophet_error, challenger_error))
    END AS reason
FROM decided
ORDER BY host, resource;

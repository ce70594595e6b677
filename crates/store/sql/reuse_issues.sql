-- What the engine's stage $2 had to say of the wanted series that it was asked the same about as before, for
-- the draft of run $1; of series with another present and the same past, that they have no backtest. Two codes had other names in earlier versions.
INSERT INTO {issues}
SELECT
    $1,
    i.host,
    i.resource,
    i.stage,
    i.engine,
    i.severity,
    CASE i.code
        WHEN 'companion_left_out' THEN 'member_left_out'
        WHEN 'outliers_drawn_in' THEN 'outliers_winsorised'
        ELSE i.code
    END,
    i.message
FROM series_issues AS i
JOIN (
    SELECT
        host,
        resource,
        now.fingerprint = before.fingerprint AS is_the_same,
        now.chosen_by = before.chosen_by AS has_the_same_past
    FROM wanted_series
    JOIN {draft} AS now USING (host, resource)
    JOIN {published} AS before USING (host, resource)
) AS asked USING (host, resource)
WHERE i.stage = $2 AND (asked.is_the_same OR asked.has_the_same_past AND i.code = 'no_backtest');

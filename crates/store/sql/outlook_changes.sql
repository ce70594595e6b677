-- What is another in the outlook than in that of run $1: a row a series whose answer changed, or whose day moved by more
-- than $2 days, the most urgent first. Full are series over their threshold and those that will be within the horizon.
WITH before AS (
    SELECT * FROM outlook_history WHERE run_id = $1
),
compared AS (
    SELECT
        coalesce(n.host, b.host) AS host,
        coalesce(n.resource, b.resource) AS resource,
        n.host IS NULL AS is_gone,
        b.host IS NULL AS is_new,
        n.status, n.full_on, n.days_left, n.threshold, n.trust,
        b.status AS before_status, b.full_on AS before_full_on, b.threshold AS before_threshold,
        coalesce(n.status IN ('over', 'within'), false) AS is_full,
        coalesce(b.status IN ('over', 'within'), false) AS was_full
    FROM capacity_outlook AS n
    FULL JOIN before AS b ON b.host = n.host AND b.resource = n.resource
),
named AS (
    SELECT
        *,
        CASE
            WHEN is_full AND NOT was_full THEN 'newly_full'
            WHEN status = 'over' AND before_status = 'within' THEN 'filled_up'
            WHEN is_gone THEN 'vanished'
            WHEN was_full AND NOT is_full THEN 'no_longer_full'
            WHEN status = 'within' AND before_status = 'within' AND abs(full_on - before_full_on) > $2 THEN 'moved'
            WHEN is_new THEN 'new'
        END AS change
    FROM compared
)
SELECT
    c.host, c.resource, c.change, c.is_new, c.status, c.full_on, c.days_left, c.threshold, c.trust,
    c.before_status, c.before_full_on, c.before_threshold,
    a.until AS acknowledged_until
FROM named AS c
LEFT JOIN acknowledged AS a
    ON a.host = c.host AND a.resource = c.resource AND a.until >= (SELECT max(as_of) FROM capacity_outlook)
WHERE c.change IS NOT NULL
ORDER BY c.days_left NULLS LAST, c.trust, c.host, c.resource;

-- What is another in the outlook than in that of run $1: a row a series whose answer changed, or whose day moved by more
-- than $2 days, the most urgent first. Full are series over their threshold and those that will be within the horizon as
-- likely as not; one that was stays so until its probability falls below 0.4, so that it does not flap. What goes by
-- another rule is not compared.
WITH before AS (
    SELECT * FROM outlook_history WHERE run_id = $1 AND rule = (SELECT max(rule) FROM capacity_outlook)
),
decided AS (
    -- The last word on each series up to a run: what lies between is none.
    SELECT run_id, host, resource, status IN ('over', 'within') AS is_full
    FROM (FROM outlook_history UNION ALL BY NAME FROM capacity_outlook)
    WHERE rule = (SELECT max(rule) FROM capacity_outlook)
      AND (status IN ('over', 'within') OR coalesce(p_full, 0) < 0.4)
),
full_now AS (
    SELECT host, resource, arg_max(is_full, run_id) AS is_full FROM decided GROUP BY ALL
),
full_before AS (
    SELECT host, resource, arg_max(is_full, run_id) AS is_full FROM decided WHERE run_id <= $1 GROUP BY ALL
),
compared AS (
    SELECT
        coalesce(n.host, b.host) AS host,
        coalesce(n.resource, b.resource) AS resource,
        n.host IS NULL AS is_gone,
        b.host IS NULL AS is_new,
        n.status, n.full_on, n.days_left, n.threshold, n.trust,
        b.status AS before_status, b.full_on AS before_full_on, b.threshold AS before_threshold,
        n.host IS NOT NULL AND coalesce(fn.is_full, false) AS is_full,
        b.host IS NOT NULL AND coalesce(fb.is_full, false) AS was_full
    FROM capacity_outlook AS n
    FULL JOIN before AS b ON b.host = n.host AND b.resource = n.resource
    LEFT JOIN full_now AS fn
        ON fn.host = coalesce(n.host, b.host) AND fn.resource = coalesce(n.resource, b.resource)
    LEFT JOIN full_before AS fb
        ON fb.host = coalesce(n.host, b.host) AND fb.resource = coalesce(n.resource, b.resource)
),
named AS (
    SELECT
        *,
        CASE
            WHEN is_full AND NOT was_full THEN 'newly_full'
            WHEN status = 'over' AND before_status IN ('within', 'possible') THEN 'filled_up'
            WHEN is_gone THEN 'vanished'
            WHEN was_full AND NOT is_full THEN 'no_longer_full'
            WHEN status = 'within' AND before_status = 'within' AND abs(full_on - before_full_on) > $2 THEN 'moved'
            WHEN is_new THEN 'new'
        END AS change
    FROM compared
)
SELECT
    c.host, c.resource, c.change, c.status, c.full_on, c.days_left, c.threshold, c.trust,
    c.before_status, c.before_full_on, c.before_threshold,
    a.until AS acknowledged_until
FROM named AS c
LEFT JOIN acknowledged AS a
    ON a.host = c.host AND a.resource = c.resource AND a.until >= (SELECT max(as_of) FROM capacity_outlook)
WHERE c.change IS NOT NULL
ORDER BY c.days_left NULLS LAST, c.trust, c.host, c.resource;

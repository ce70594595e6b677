-- The limits of every series of `processed_data` from each day on that they change: what its host's rows of
-- `resource_limits` say, else its resource's, else the defaults. Part by part: a host may have
-- a capacity of its own and share the threshold of all.
CREATE OR REPLACE VIEW limits_by_day AS
WITH
{rules},
as_of AS (
    SELECT coalesce((SELECT max_by(as_of, run_id) FROM runs), (SELECT max(ds) FROM processed_data)) AS day
),
-- Capacities that are to become others. What is a share of one of them is a multiple of the share of the present one.
planned AS (
    SELECT
        c.host, c.resource, c.day,
        product(c."to" / c."from") OVER (PARTITION BY c.host, c.resource ORDER BY c.day) AS multiple
    FROM capacity_changes AS c, as_of
    WHERE c.day > as_of.day
),
given AS (
    SELECT
        host::VARCHAR AS host, resource::VARCHAR AS resource, floor::DOUBLE AS floor, capacity::DOUBLE AS capacity,
        threshold::DOUBLE AS threshold, {valid_from} AS valid_from
    FROM resource_limits
),
steps AS (
    SELECT host, resource, NULL::DATE AS step
    FROM series
    UNION
    SELECT s.host, s.resource, g.valid_from
    FROM series AS s
    JOIN given AS g ON g.resource = s.resource AND (g.host IS NULL OR g.host = s.host)
    UNION
    SELECT host, resource, day
    FROM planned
    SEMI JOIN series USING (host, resource)
),
-- For each series and step, the rows of its host and of its resource that hold then, the latest first. `resource_limits`
-- has no key, since NULLs are never equal: of several rows of the same day, the most cautious figures count.
held AS (
    SELECT
        t.host, t.resource, t.step, g.host IS NOT NULL AS is_own, g.floor, g.capacity, g.threshold,
        rank() OVER (
            PARTITION BY t.host, t.resource, t.step, g.host IS NULL ORDER BY g.valid_from DESC NULLS LAST
        ) AS age
    FROM steps AS t
    JOIN given AS g
        ON g.resource = t.resource AND (g.host IS NULL OR g.host = t.host)
        AND (g.valid_from IS NULL OR g.valid_from <= t.step)
),
parts AS (
    SELECT
        host, resource, step, is_own,
        max(floor) AS floor, min(capacity) AS capacity, min(threshold) AS threshold
    FROM held
    WHERE age = 1
    GROUP BY ALL
),
chosen AS (
    SELECT
        t.host, t.resource, t.step,
        r.is_percent AND s.is_percent_like AS is_percent,
        r.is_never_negative AND s.is_never_negative AS is_never_negative,
        coalesce(own.floor, everyone.floor) AS floor,
        coalesce(own.capacity, everyone.capacity) AS capacity,
        coalesce(own.threshold, everyone.threshold) AS threshold,
        own.host IS NOT NULL AS has_own,
        everyone.resource IS NOT NULL AS has_common
    FROM steps AS t
    JOIN series AS s ON s.host = t.host AND s.resource = t.resource
    JOIN resources AS r ON r.resource = t.resource
    LEFT JOIN parts AS own
        ON own.is_own AND own.host = t.host AND own.resource = t.resource AND own.step IS NOT DISTINCT FROM t.step
    LEFT JOIN parts AS everyone
        ON NOT everyone.is_own AND everyone.host = t.host AND everyone.resource = t.resource
        AND everyone.step IS NOT DISTINCT FROM t.step
),
-- A default gives way where it does not fit what was given.
completed AS (
    SELECT
        * EXCLUDE (floor, capacity),
        CASE
            WHEN floor IS NOT NULL THEN floor
            WHEN is_never_negative AND coalesce(capacity > 0, true) AND coalesce(threshold >= 0, true) THEN 0
        END AS floor,
        CASE
            WHEN capacity IS NOT NULL THEN capacity
            WHEN is_percent AND coalesce(floor < 100, true) AND coalesce(threshold <= 100, true) THEN 100
        END AS capacity
    FROM chosen
),
limits AS (
    SELECT
        host, resource, step, floor, capacity,
        -- Full starts at four fifths of the way from floor to capacity, where nothing else is said.
        CASE
            WHEN threshold IS NOT NULL THEN threshold
            WHEN capacity > coalesce(floor, 0) THEN coalesce(floor, 0) + 0.8 * (capacity - coalesce(floor, 0))
        END AS threshold,
        CASE
            WHEN has_own THEN 'host'
            WHEN has_common THEN 'resource'
            WHEN is_percent THEN 'percent'
            ELSE 'none'
        END AS source
    FROM completed
)
SELECT
    l.host, l.resource, l.step AS valid_from, l.floor, l.capacity * coalesce(p.multiple, 1) AS capacity,
    l.threshold * coalesce(p.multiple, 1) AS threshold, l.source
FROM limits AS l
ASOF LEFT JOIN planned AS p ON p.host = l.host AND p.resource = l.resource AND p.day <= l.step;
-- The limits of every series, one row each, as of the day of the last run; before the first one, of the newest day.
CREATE OR REPLACE VIEW effective_limits AS
WITH as_of AS (
    SELECT coalesce((SELECT max_by(as_of, run_id) FROM runs), (SELECT max(ds) FROM processed_data)) AS day
)
SELECT host, resource, floor, capacity, threshold, source
FROM limits_by_day, as_of
WHERE valid_from IS NULL OR valid_from <= as_of.day
QUALIFY row_number() OVER (PARTITION BY host, resource ORDER BY valid_from DESC NULLS LAST) = 1;

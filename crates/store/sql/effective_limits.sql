-- The limits of every series of `processed_data`, one row each: what its host's row of
-- `resource_limits` says, else its resource's row, else the defaults. Part by part: a host may have
-- a capacity of its own and share the threshold of all.
CREATE OR REPLACE VIEW effective_limits AS
WITH
series AS (
    SELECT
        host::VARCHAR AS host,
        resource::VARCHAR AS resource,
        min(utilization::DOUBLE) FILTER (WHERE abs(utilization::DOUBLE) <= 1e100) AS smallest,
        max(utilization::DOUBLE) FILTER (WHERE abs(utilization::DOUBLE) <= 1e100) AS largest
    FROM processed_data
    WHERE host IS NOT NULL AND resource IS NOT NULL AND ds BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
    GROUP BY ALL
),
-- What a resource is measured in shows over all its hosts, not in one idle host's values.
resources AS (
    SELECT
        resource,
        min(smallest) >= 0 AS is_never_negative,
        -- Up to 1, values may as well be shares: nothing is guessed then.
        min(smallest) >= 0 AND max(largest) <= 100 AND max(largest) > 1
        AND regexp_matches(
            lower(resource),
            'cpu|gpu|memory|disk|swap|storage|filesystem|inode|network|bandwidth|util|percent|pct|%'
            || '|(^|[^a-z])(mem|ram|heap|fs|net|used|usage|busy)([^a-z]|$)'
        )
        -- Names of other units, and of what is short where it is low.
        AND NOT regexp_matches(
            lower(resource),
            '(^|[^a-z])([kmgtp]?i?b|[kmgt]?bps|bytes?|bits?|packets?|iops|ops|reads?|writes?|requests?|count|cores?|cpus'
            || '|[mg]?hz|[mu]?s|seconds?|latency|errors?|free|idle|avail|available|headroom)([^a-z]|$)'
        ) AS is_percent
    FROM series
    GROUP BY resource
),
-- `resource_limits` has no key, since NULLs are never equal. Of several rows for the same, the
-- most cautious figures count.
given AS (
    SELECT
        host::VARCHAR AS host, resource::VARCHAR AS resource,
        max(floor::DOUBLE) AS floor, min(capacity::DOUBLE) AS capacity, min(threshold::DOUBLE) AS threshold
    FROM resource_limits
    GROUP BY ALL
),
chosen AS (
    SELECT
        s.host, s.resource, r.is_percent, r.is_never_negative,
        coalesce(own.floor, everyone.floor) AS floor,
        coalesce(own.capacity, everyone.capacity) AS capacity,
        coalesce(own.threshold, everyone.threshold) AS threshold,
        own.host IS NOT NULL AS has_own,
        everyone.resource IS NOT NULL AS has_common
    FROM series AS s
    JOIN resources AS r ON r.resource = s.resource
    LEFT JOIN given AS own ON own.host = s.host AND own.resource = s.resource
    LEFT JOIN given AS everyone ON everyone.host IS NULL AND everyone.resource = s.resource
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
)
SELECT
    host, resource, floor, capacity,
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
FROM completed;

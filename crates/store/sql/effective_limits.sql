-- The limits of every series of `processed_data`, one row each: what its host's row of
-- `resource_limits` says, else its resource's row, else the defaults. Part by part: a host may have
-- a capacity of its own and share the threshold of all.
CREATE OR REPLACE {relation} AS
WITH
{rules},
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
        s.host, s.resource,
        r.is_percent AND s.is_percent_like AS is_percent,
        r.is_never_negative AND s.is_never_negative AS is_never_negative,
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

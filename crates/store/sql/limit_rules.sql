-- What each series looks like by itself. A value or two, or one in a hundred (one in a thousand below zero), are
-- strays where there are enough values to tell.
series AS (
    SELECT
        host, resource, days, outside, is_far, is_above_one,
        outside <= greatest(0.01 * days, if(days >= 20, 1, 0)) AS is_percent_like,
        negative <= greatest(0.001 * days, if(days >= 20, 1, 0)) AS is_never_negative
    FROM (
{shares}
    )
),
-- What a resource is measured in shows over all its hosts, not in one idle or broken host's values: three quarters
-- of them decide.
resources AS (
    SELECT
        resource,
        coalesce(avg(is_never_negative::INTEGER) FILTER (WHERE days > 0) >= 0.75, false) AS is_never_negative,
        -- Up to 1, values may as well be shares: nothing is guessed then.
        coalesce(avg(is_percent_like::INTEGER) FILTER (WHERE days > 0) >= 0.75, false) AND bool_or(is_above_one)
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
)

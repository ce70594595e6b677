-- What a planner has to do, what to look at, and what stands as it stood: a row a series that is one of these, with {lead_time}
-- days as the time it takes to replace or extend something. `place` is its place in its list, the most urgent first.
SELECT
    * EXCLUDE (turn, urgency),
    row_number() OVER (PARTITION BY list ORDER BY turn, urgency, p_lead DESC NULLS LAST, host, resource) AS place
FROM (
    WITH known AS (
        SELECT
            o.*,
            {lead_time} AS lead_time_days,
            json_extract_string(r.config, '$.forecast.horizon_days')::INTEGER AS horizon_days
        FROM capacity_outlook AS o
        JOIN runs AS r ON r.run_id = o.run_id
        WHERE o.rule = 'path'
    ),
    -- What is known of how likely the series is full by when: between two such days, the line between them.
    points AS (
        SELECT host, resource, lead_time_days, unnest([
            {day: 0, p: 0::DOUBLE},
            {day: 30, p: p_full_30}, {day: 60, p: p_full_60}, {day: 90, p: p_full_90}, {day: horizon_days, p: p_full},
            {day: full_on_earliest - as_of, p: 0.1}, {day: full_on - as_of, p: 0.5}, {day: full_on_latest - as_of, p: 0.9}
        ], recursive := true)
        FROM known
        WHERE status IN ('within', 'possible', 'not_within_horizon')
    ),
    around AS (
        SELECT
            host, resource,
            any_value(lead_time_days) AS lead,
            max(day) FILTER (day <= lead_time_days) AS day_before, max(p) FILTER (day <= lead_time_days) AS p_before,
            min(day) FILTER (day > lead_time_days) AS day_after, min(p) FILTER (day > lead_time_days) AS p_after
        FROM points
        WHERE day IS NOT NULL AND p IS NOT NULL
        GROUP BY ALL
    ),
    likely AS (
        SELECT
            host, resource,
            CASE
                WHEN p_after IS NULL OR p_after <= p_before THEN p_before
                ELSE p_before + (p_after - p_before) * (lead - day_before) / (day_after - day_before)
            END AS p_lead
        FROM around
    ),
    doubts AS (
        SELECT
            host, resource,
            bool_or(code IN ('pending_shift', 'several_series_under_one_name')) AS is_unsettled,
            bool_or(code IN ('growth_onset', 'level_shift')) AS is_young,
            string_agg(DISTINCT CASE code
                WHEN 'several_series_under_one_name' THEN 'several series seem to share its name'
                ELSE message
            END, '; ') AS why
        FROM series_issues
        WHERE severity = 'warning'
          AND code IN ('pending_shift', 'level_shift', 'growth_onset', 'several_series_under_one_name')
        GROUP BY ALL
    ),
    -- Since when outlooks have named it without a break: as full, or as full within the horizon.
    outlooks AS (
        SELECT host, resource, as_of, status IN ('over', 'within') AS is_named
        FROM (FROM outlook_history UNION ALL BY NAME FROM capacity_outlook)
        WHERE rule = 'path'
    ),
    broken AS (
        SELECT host, resource, max(as_of) FILTER (NOT is_named) AS last_not_named FROM outlooks GROUP BY ALL
    ),
    named AS (
        SELECT o.host, o.resource, min(o.as_of) AS named_since
        FROM outlooks AS o
        JOIN broken AS b ON b.host = o.host AND b.resource = o.resource
        WHERE o.as_of > coalesce(b.last_not_named, DATE '0001-01-01')
        GROUP BY ALL
    ),
    judged AS (
        SELECT
            k.run_id, k.host, k.resource, k.status, k.lead_time_days,
            CASE k.status WHEN 'over' THEN 1 ELSE l.p_lead END AS p_lead,
            k.p_full, k.full_on_earliest, k.full_on, k.full_on_latest, k.days_left,
            k.growth, k.to_order, k.since, n.named_since, k.threshold, k.capacity, k.limits_from, k.recent, k.trust,
            k.model, k.as_of, a.until AS acknowledged_until, a.note,
            k.status = 'over' AND k.since > k.as_of - k.lead_time_days AS is_lately_over,
            -- A plateau: in a month, less than a hundredth of what is full comes on top.
            k.status = 'over' AND coalesce(k.growth, 0) <= 0.01 * abs(k.threshold) AS is_flat,
            k.trust = 'D' AS is_weak,
            coalesce(d.is_unsettled, false) AS is_unsettled,
            coalesce(d.is_young, false) AS is_young,
            concat_ws('; ', d.why, CASE WHEN k.trust = 'D' THEN 'its forecasts have been far off (trust D)' END) AS doubt
        FROM known AS k
        LEFT JOIN likely AS l ON l.host = k.host AND l.resource = k.resource
        LEFT JOIN doubts AS d ON d.host = k.host AND d.resource = k.resource
        LEFT JOIN named AS n ON n.host = k.host AND n.resource = k.resource
        LEFT JOIN acknowledged AS a ON a.host = k.host AND a.resource = k.resource AND a.until >= k.as_of
    )
    SELECT
        run_id, host, resource, status, lead_time_days, p_lead, p_full, full_on_earliest, full_on, full_on_latest,
        days_left, growth, to_order, since, named_since, threshold, capacity, limits_from, recent, trust, model, as_of,
        nullif(doubt, '') AS doubt, acknowledged_until, note,
        CASE
            WHEN status = 'over' AND (is_lately_over OR NOT is_flat) THEN 'act'
            WHEN status = 'over' THEN 'plateau'
            WHEN days_left <= lead_time_days AND NOT is_weak AND NOT is_unsettled THEN 'act'
            WHEN (is_unsettled OR is_young) AND p_full >= 0.1 THEN 'look'
            WHEN is_weak AND p_lead >= 0.1 THEN 'look'
        END AS list,
        -- Full for longer than the time it takes, and filling up further, comes behind what is new.
        CASE WHEN status = 'over' AND NOT is_lately_over THEN 1 ELSE 0 END AS turn,
        CASE
            WHEN is_lately_over THEN since - as_of - lead_time_days
            WHEN status = 'over' THEN as_of - since
            ELSE coalesce(days_left, 10000)
        END AS urgency
    FROM judged
)
WHERE list IS NOT NULL

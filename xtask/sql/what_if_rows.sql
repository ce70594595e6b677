-- The $2 series that scenario $1 changes most.
SELECT
    change, host, resource,
    CASE status
        WHEN 'no_limit' THEN 'no limit'
        WHEN 'over' THEN 'over'
        ELSE format('{:.0f} %', 100 * p_full) || coalesce(', ' || full_on::VARCHAR, '')
    END,
    CASE coalesce(then_status, 'gone')
        WHEN 'gone' THEN '-'
        WHEN 'no_limit' THEN 'no limit'
        WHEN 'over' THEN 'over'
        ELSE format('{:.0f} %', 100 * then_p_full) || coalesce(', ' || then_full_on::VARCHAR, '')
    END,
    coalesce(format('{:.4g}', if(to_order < 0.0001 * threshold, 0, to_order)), '-'),
    coalesce(format('{:.4g}', if(then_to_order < 0.0001 * then_threshold, 0, then_to_order)), '-'), trust
FROM what_if_changes
WHERE scenario = $1 AND change <> 'the same'
ORDER BY
    list_position(
        ['full then', 'no longer full', 'full earlier', 'full later', 'likelier', 'less likely', 'more to order', 'less to order', 'gone'], change
    ),
    abs(coalesce(then_p_full, 0) - coalesce(p_full, 0)) DESC, host, resource
LIMIT $2;

-- How good each method's answers are. Brier: the mean squared distance of what was said from what came; skill: the part of
-- the base rate's that it takes away; AUC: how often what became full was said to be likelier than what did not. Warned: of
-- what became full, said so by a day not after it; false: of what did not, said so. Late and off: the median of the said day
-- less the day it came, with its sign and without, where both are.
WITH
ranked AS (
    SELECT
        *,
        rank() OVER (PARTITION BY method ORDER BY says)
        + (count(*) OVER (PARTITION BY method, says) - 1) / 2.0 AS place_by_size
    FROM accuracy_outlook_answers
    WHERE says IS NOT NULL
),
summed AS (
    SELECT
        place, method, count(*) AS questions, avg(is_full::INTEGER) AS base,
        avg((says - is_full::INTEGER) ^ 2) AS brier,
        (sum(place_by_size) FILTER (is_full) - count_if(is_full) * (count_if(is_full) + 1) / 2)
        / (count_if(is_full) * count_if(NOT is_full)) AS auc,
        count_if(is_full AND is_yes) / nullif(count_if(is_yes), 0) AS is_right,
        count_if(is_full AND is_yes) / count_if(is_full) AS is_found,
        if(count(after) = 0, NULL, count_if(is_full AND after <= full_after) / count_if(is_full)) AS warned,
        count_if(NOT is_full AND is_yes) / count_if(NOT is_full) AS is_false,
        median(after - full_after) AS late, median(abs(after - full_after)) AS is_off
    FROM ranked
    GROUP BY place, method
)
SELECT
    method, format('{:.3f}', brier), format('{:+.2f}', 1 - brier / (base * (1 - base))), format('{:.2f}', auc),
    format('{:.0f}', 100 * is_right), format('{:.0f}', 100 * is_found), format('{:.0f}', 100 * warned),
    format('{:.0f}', 100 * is_false), format('{:+.0f}', late), format('{:.0f}', is_off)
FROM (
    FROM summed
    UNION ALL
    SELECT 10, 'always the base rate', questions, base, base * (1 - base), 0.5, NULL, NULL, NULL, NULL, NULL, NULL
    FROM summed
    WHERE place = 1
)
ORDER BY place;

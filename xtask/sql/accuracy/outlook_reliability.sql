-- Whether what was said to be so likely came true as often, by tenths of what was said.
SELECT
    format('{} to {} %', 10 * tenth, 10 * tenth + 10), count(*)::VARCHAR, format('{:.1f}', 100 * avg(p_full)),
    format('{:.1f}', 100 * avg((full_after IS NOT NULL)::INTEGER)),
    format('{:+.1f}', 100 * (avg((full_after IS NOT NULL)::INTEGER) - avg(p_full)))
FROM (SELECT *, least(floor(10 * p_full), 9)::INTEGER AS tenth FROM accuracy_outlook WHERE p_full IS NOT NULL)
GROUP BY tenth
ORDER BY tenth;

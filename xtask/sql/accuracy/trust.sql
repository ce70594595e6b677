-- Whether grades mean something: the winner's error on the days that followed, by grade.
SELECT
    trust, count(*)::VARCHAR,
    format('{:.2f}', avg(wape)), format('{:.3f}', avg(mase)), format('{:.3f}', avg(coverage_80))
FROM accuracy_scores
WHERE model = 'winner'
GROUP BY trust
ORDER BY trust;

-- How many series of scenario $1 change in which way.
SELECT change, count(*)
FROM what_if_changes
WHERE scenario = $1
GROUP BY change
ORDER BY list_position(
    ['full then', 'no longer full', 'full earlier', 'full later', 'likelier', 'less likely', 'more to order', 'less to order', 'gone', 'the same'], change
);

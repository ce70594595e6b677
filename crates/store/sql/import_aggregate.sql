SELECT place, {index} AS aggregate, day, {expression} AS utilization, count(*) AS samples
FROM import_rows
GROUP BY place, day

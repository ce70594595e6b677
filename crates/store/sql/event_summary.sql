-- What events there are: by name and by whom they concern, how many days, the first, the last up to $1 and the next after it.
SELECT
    name, coalesce(host, "group") AS whose, count(DISTINCT ds) AS days, min(ds) AS first,
    max(ds) FILTER (WHERE ds <= $1) AS latest, min(ds) FILTER (WHERE ds > $1) AS next
FROM events
GROUP BY ALL
ORDER BY name, whose NULLS FIRST

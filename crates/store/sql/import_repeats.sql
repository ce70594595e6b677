-- A sample that stands there twice is one, several values become one as {one} says.
INSERT INTO import_instants
SELECT
    place, micros, day,
    CASE WHEN min(value) = max(value) THEN min(value) ELSE {one} END,
    min(value) <> max(value)
FROM import_rows
WHERE {part}
GROUP BY place, micros, day;

INSERT INTO import_repeated_days
SELECT place, day, count(*), count(*) FILTER (WHERE is_repeated)
FROM import_instants
GROUP BY place, day;

-- A few of them, by which columns are looked for that tell their rows apart.
CREATE OR REPLACE TEMP TABLE import_repeated_examples AS
SELECT place, micros
FROM import_instants
WHERE is_repeated
QUALIFY row_number() OVER (PARTITION BY place ORDER BY micros) <= 3
ORDER BY place, micros
LIMIT 30;

CREATE OR REPLACE TEMP TABLE import_rows AS
SELECT place, micros, day, value
FROM import_instants;
DROP TABLE import_instants;

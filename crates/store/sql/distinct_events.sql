-- Every event once.
CREATE OR REPLACE TEMP TABLE distinct_events AS SELECT DISTINCT * FROM events;
DELETE FROM events;
INSERT INTO events SELECT * FROM distinct_events ORDER BY ALL;
DROP TABLE distinct_events;

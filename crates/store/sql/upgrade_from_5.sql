-- From version 5 of the tables to version 6. What full_on was is line_full_on now: where the forecast's own line crosses.
-- What is new is NULL until `write` has said it.
CREATE TABLE IF NOT EXISTS capacity_outlook (
    run_id BIGINT, host VARCHAR, resource VARCHAR, threshold DOUBLE, capacity DOUBLE, limits_from VARCHAR, status VARCHAR,
    full_on DATE, full_on_earliest DATE, days_left INTEGER, trust VARCHAR, model VARCHAR, as_of DATE, recent DOUBLE,
    peak DOUBLE
);
CREATE TABLE IF NOT EXISTS outlook_history AS SELECT *, 'line' AS rule FROM capacity_outlook LIMIT 0;
ALTER TABLE capacity_outlook RENAME TO capacity_outlook_of_5;
ALTER TABLE outlook_history RENAME TO outlook_history_of_5;
{capacity_outlook}
{outlook_history}
INSERT INTO capacity_outlook BY NAME
SELECT * EXCLUDE (full_on, full_on_earliest), full_on AS line_full_on, 'line' AS rule FROM capacity_outlook_of_5;
INSERT INTO outlook_history BY NAME
SELECT * EXCLUDE (full_on, full_on_earliest), full_on AS line_full_on FROM outlook_history_of_5;
DROP TABLE capacity_outlook_of_5;
DROP TABLE outlook_history_of_5;
DROP VIEW IF EXISTS live_outlook_accuracy;
UPDATE fleetcast_schema SET version = 6;

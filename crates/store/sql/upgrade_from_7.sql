-- From version 7 of the tables to version 8: plain repetition may win a series (`naive_level`, `naive_week` and `naive_year` in
-- the columns `winner`, `golden` and `model`), errors of the past have a second reading where the level has shifted since, and
-- the labels of a demo fleet have the days of its breaks. What is known of hosts has a table, which is made where all are.
ALTER TABLE past_forecasts ADD COLUMN IF NOT EXISTS settled FLOAT[];
ALTER TABLE IF EXISTS demo_labels ADD COLUMN IF NOT EXISTS day DATE;
ALTER TABLE IF EXISTS demo_labels ADD COLUMN IF NOT EXISTS until DATE;
UPDATE fleetcast_schema SET version = 8;

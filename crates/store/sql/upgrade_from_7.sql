-- From version 7 of the tables to version 8: plain repetition may win a series (`naive_level`, `naive_week` and `naive_year` in
-- the columns `winner`, `golden` and `model`), and the labels of a demo fleet have the days of its breaks.
ALTER TABLE IF EXISTS demo_labels ADD COLUMN IF NOT EXISTS day DATE;
ALTER TABLE IF EXISTS demo_labels ADD COLUMN IF NOT EXISTS until DATE;
UPDATE fleetcast_schema SET version = 8;

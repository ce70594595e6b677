-- From version 2 of the tables to version 3. A draft that was begun by an earlier version is not taken
-- up again.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS prophet_reused BIGINT;
ALTER TABLE runs ADD COLUMN IF NOT EXISTS challenger_reused BIGINT;
DROP TABLE IF EXISTS draft_progress;
UPDATE fleetcast_schema SET version = 3;

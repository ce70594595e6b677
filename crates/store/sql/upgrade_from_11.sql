-- From version 11 of the tables to version 12: what came in earlier years stands beside forecasts of the past.
ALTER TABLE past_forecasts ADD COLUMN IF NOT EXISTS years FLOAT[];
ALTER TABLE past_forecasts ADD COLUMN IF NOT EXISTS moved FLOAT[];
UPDATE fleetcast_schema SET version = 12;

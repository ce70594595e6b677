-- From version 1 of the tables to version 2. A leaderboard of version 1 is replaced as a whole by the
-- next run.
ALTER TABLE forecasts ADD COLUMN IF NOT EXISTS yhat_lower_95 DOUBLE;
ALTER TABLE forecasts ADD COLUMN IF NOT EXISTS yhat_upper_95 DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS incumbent VARCHAR;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS golden VARCHAR;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS coverage_80 DOUBLE;
UPDATE fleetcast_schema SET version = 2;

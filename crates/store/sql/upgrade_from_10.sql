-- From version 10 of the tables to version 11: what engines chose may be kept from run to run.
ALTER TABLE prophet_inputs ADD COLUMN IF NOT EXISTS chosen_by UBIGINT;
ALTER TABLE prophet_inputs ADD COLUMN IF NOT EXISTS choice DOUBLE[];
ALTER TABLE challenger_inputs ADD COLUMN IF NOT EXISTS chosen_by UBIGINT;
ALTER TABLE challenger_inputs ADD COLUMN IF NOT EXISTS choice DOUBLE[];
ALTER TABLE xgboost_inputs ADD COLUMN IF NOT EXISTS chosen_by UBIGINT;
ALTER TABLE xgboost_inputs ADD COLUMN IF NOT EXISTS choice DOUBLE[];
UPDATE fleetcast_schema SET version = 11;

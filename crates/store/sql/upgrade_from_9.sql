-- From version 9 of the tables to version 10: XGBoost may stand beside the challenger, with columns of its own; its tables and
-- that of models are made where all are.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS xgboost_rows BIGINT;
ALTER TABLE runs ADD COLUMN IF NOT EXISTS xgboost_seconds DOUBLE;
ALTER TABLE runs ADD COLUMN IF NOT EXISTS xgboost_reused BIGINT;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_mape DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_wape DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_smape DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_mase DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_mae DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_rmse DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_bias DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_coverage_80 DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS xgboost_pinball DOUBLE;
ALTER TABLE model_leaderboard ADD COLUMN IF NOT EXISTS weight_xgboost DOUBLE;
UPDATE fleetcast_schema SET version = 10;

-- From version 6 of the tables to version 7: limits may hold from a day on.
CREATE TABLE IF NOT EXISTS resource_limits (host VARCHAR, resource VARCHAR, floor DOUBLE, capacity DOUBLE, threshold DOUBLE);
ALTER TABLE resource_limits ADD COLUMN IF NOT EXISTS valid_from DATE;
UPDATE fleetcast_schema SET version = 7;

-- From version 3 of the tables to version 4. What imports note of days is new, and so is why a run failed.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS reason VARCHAR;
UPDATE fleetcast_schema SET version = 4;

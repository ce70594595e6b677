-- From version 8 of the tables to version 9: groups of hosts have forecasts and outlooks, and events have days, in tables that
-- are made where all are.
UPDATE fleetcast_schema SET version = 9;

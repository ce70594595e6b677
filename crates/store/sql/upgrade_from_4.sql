-- From version 4 of the tables to version 5. Outlooks of earlier runs are kept from here on, and series can be
-- acknowledged: both tables are new.
UPDATE fleetcast_schema SET version = 5;

DROP TABLE import_rows;
DROP TABLE import_days;
DROP TABLE import_changes;

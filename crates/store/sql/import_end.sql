DROP TABLE import_rows;
DROP TABLE import_series;
DROP TABLE import_repeated_days;
DROP TABLE IF EXISTS import_repeated_examples;
DROP TABLE import_days;
DROP TABLE import_changes;

-- What the files hold, row by row; the texts are kept where a conversion may have failed.
CREATE OR REPLACE TEMP TABLE import_rows (
    host       VARCHAR,
    resource   VARCHAR,
    day        DATE,
    day_text   VARCHAR,
    value      DOUBLE,
    value_text VARCHAR
);

-- What the files hold, sample by sample, and the series their numbers stand for. A series of several aggregates
-- has a row for each of them.
CREATE OR REPLACE TEMP TABLE import_rows (
    place  UINTEGER,
    micros BIGINT,   -- the instant, after 1970-01-01
    day    DATE,
    value  DOUBLE
);
CREATE OR REPLACE TEMP TABLE import_series (
    place     UINTEGER,
    aggregate UINTEGER,
    host      VARCHAR,
    resource  VARCHAR
);
-- Days of series, their instants, and how many of these had several values.
CREATE OR REPLACE TEMP TABLE import_repeated_days (
    place    UINTEGER,
    day      DATE,
    instants UBIGINT,
    repeated UBIGINT
);
-- One row a series and day.
CREATE OR REPLACE TEMP TABLE import_days (
    host        VARCHAR,
    resource    VARCHAR,
    ds          DATE,
    utilization DOUBLE,
    samples     BIGINT
);

-- Rules on their way into `resource_limits`.
CREATE OR REPLACE TEMP TABLE new_limits (
    host      VARCHAR,
    resource  VARCHAR,
    floor     DOUBLE,
    capacity  DOUBLE,
    threshold DOUBLE,
    valid_from DATE
);

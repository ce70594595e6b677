-- One sample an instant.
CREATE OR REPLACE TEMP TABLE import_instants (
    place       UINTEGER,
    micros      BIGINT,
    day         DATE,
    value       DOUBLE,
    is_repeated BOOLEAN
);

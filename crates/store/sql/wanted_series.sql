-- The series a query is about, and where each stands among them: what a query hands out are places, for names
-- are costly to hand out a day at a time.
CREATE OR REPLACE TEMP TABLE wanted_series (
    host     VARCHAR,
    resource VARCHAR,
    place    UINTEGER
);

-- Of how many hosts something is known, under how many keys, and how that goes with the data.
WITH
known AS (SELECT DISTINCT host FROM host_attributes),
observed AS ({hosts})
SELECT
    (SELECT count(*) FROM known),
    (SELECT count(DISTINCT key) FROM host_attributes),
    (SELECT count(*) FROM known ANTI JOIN observed USING (host)),
    (SELECT count(*) FROM observed ANTI JOIN known USING (host));

-- What later stages have to know of the days that were imported: what was noted of them before no longer holds.
DELETE FROM unfinished_days
USING import_days AS d
WHERE unfinished_days.host = d.host AND unfinished_days.resource = d.resource AND unfinished_days.ds = d.ds;
DELETE FROM repeated_instants
USING import_days AS d
WHERE repeated_instants.host = d.host AND repeated_instants.resource = d.resource AND repeated_instants.ds = d.ds;

-- A series' last day, where it has less than half as many samples as its days usually have: those of the
-- four weeks before it.
INSERT INTO unfinished_days (host, resource, ds, samples, usual_samples)
SELECT host, resource, ds, samples, usual_samples
FROM (
    SELECT
        host, resource, ds, samples,
        max(ds) OVER (PARTITION BY host, resource) AS last_day,
        median(samples) OVER (
            PARTITION BY host, resource ORDER BY ds
            RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING
        ) AS usual_samples
    FROM import_days
    -- Days of one sample each are never unfinished.
    WHERE (host, resource) IN (SELECT (host, resource) FROM import_days WHERE samples > 1)
)
WHERE ds = last_day AND 2 * samples < usual_samples
ORDER BY host, resource, ds;

INSERT INTO repeated_instants (host, resource, ds, instants, repeated)
SELECT s.host, s.resource, r.day, r.instants, r.repeated
FROM import_repeated_days AS r
JOIN import_series AS s USING (place)
WHERE {is_marked} AND r.repeated > 0
ORDER BY s.host, s.resource, r.day;

-- What the engine's stage $2 had to say of the wanted series that it was asked the same about as before, for
-- the draft of run $1. Two codes had other names in earlier versions.
INSERT INTO {issues}
SELECT
    $1,
    i.host,
    i.resource,
    i.stage,
    i.engine,
    i.severity,
    CASE i.code
        WHEN 'companion_left_out' THEN 'member_left_out'
        WHEN 'outliers_drawn_in' THEN 'outliers_winsorised'
        ELSE i.code
    END,
    i.message
FROM series_issues AS i
SEMI JOIN (
    SELECT host, resource
    FROM wanted_series
    JOIN {draft} USING (host, resource)
    JOIN {published} USING (host, resource, fingerprint)
) USING (host, resource)
WHERE i.stage = $2;

-- What the engine's stage $6 had to say of the series from ($1, $2) to ($3, $4) that it was asked the same
-- about as before, for the draft of run $5.
INSERT INTO {issues}
SELECT $5, i.host, i.resource, i.stage, i.engine, i.severity, i.code, i.message
FROM series_issues AS i
SEMI JOIN (
    SELECT host, resource
    FROM {draft}
    JOIN {published} USING (host, resource, fingerprint)
    WHERE host >= $1 AND host <= $3
      AND (host > $1 OR resource >= $2)
      AND (host < $3 OR resource <= $4)
) USING (host, resource)
WHERE i.stage = $6;

-- New rules take the places of earlier ones of the same host, resource and first day.
DELETE FROM resource_limits AS l
USING new_limits AS n
WHERE l.host IS NOT DISTINCT FROM n.host AND l.resource = n.resource
  AND l.valid_from IS NOT DISTINCT FROM n.valid_from;
INSERT INTO resource_limits (host, resource, floor, capacity, threshold, valid_from)
SELECT host, resource, floor, capacity, threshold, valid_from
FROM new_limits
ORDER BY host NULLS FIRST, resource, valid_from NULLS FIRST;

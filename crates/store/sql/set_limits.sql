-- New rules take the places of earlier ones of the same host and resource.
DELETE FROM resource_limits AS l
USING new_limits AS n
WHERE l.host IS NOT DISTINCT FROM n.host AND l.resource = n.resource;
INSERT INTO resource_limits (host, resource, floor, capacity, threshold)
SELECT host, resource, floor, capacity, threshold
FROM new_limits
ORDER BY host NULLS FIRST, resource;

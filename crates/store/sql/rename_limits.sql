-- The old name's limits for resources the new name has none for.
INSERT INTO resource_limits (host, resource, floor, capacity, threshold, valid_from)
SELECT $2, old.resource, old.floor, old.capacity, old.threshold, old.valid_from
FROM resource_limits AS old
WHERE old.host = $1
  AND NOT EXISTS (SELECT 1 FROM resource_limits AS own WHERE own.host = $2 AND own.resource = old.resource);

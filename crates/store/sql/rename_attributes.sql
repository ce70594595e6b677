-- What is known of the old name, where nothing is known of the new one under the same key.
UPDATE host_attributes
SET host = $2
WHERE host = $1
  AND NOT EXISTS (SELECT 1 FROM host_attributes AS own WHERE own.host = $2 AND own.key = host_attributes.key);

-- Each in the place of what stood under its host and key.
DELETE FROM host_attributes AS old
WHERE EXISTS (SELECT 1 FROM new_attributes AS new WHERE new.host = old.host AND new.key = old.key AND new.value IS NULL);
INSERT INTO host_attributes
SELECT host, key, value FROM new_attributes WHERE value IS NOT NULL ORDER BY host, key
ON CONFLICT DO UPDATE SET value = excluded.value;
DROP TABLE new_attributes;

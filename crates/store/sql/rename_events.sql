-- Events of the old name, where the new one has not the same.
UPDATE events
SET host = $2
WHERE host = $1
  AND NOT EXISTS (SELECT 1 FROM events AS own WHERE own.host = $2 AND own.ds = events.ds AND own.name = events.name);

-- What somebody knows of the old name's resources, where nothing is noted of the new one's.
UPDATE acknowledged
SET host = $2
WHERE host = $1
  AND NOT EXISTS (
      SELECT 1 FROM acknowledged AS own WHERE own.host = $2 AND own.resource = acknowledged.resource
  );

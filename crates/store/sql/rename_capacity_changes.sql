-- The old name's changes of capacities, where the new name has none on that day.
UPDATE capacity_changes
SET host = $2
WHERE host = $1
  AND NOT EXISTS (
      SELECT 1
      FROM capacity_changes AS own
      WHERE own.host = $2 AND own.resource = capacity_changes.resource AND own.day = capacity_changes.day
  );

-- Earlier outlooks of the old name, where the new one had none in that run.
UPDATE outlook_history
SET host = $2
WHERE host = $1
  AND NOT EXISTS (
      SELECT 1
      FROM outlook_history AS own
      WHERE own.host = $2 AND own.resource = outlook_history.resource AND own.run_id = outlook_history.run_id
  );

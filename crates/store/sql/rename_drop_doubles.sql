-- Of days that both names have, the old name's row goes.
DELETE FROM {table}
WHERE host::VARCHAR = $1
  AND EXISTS (
      SELECT 1
      FROM processed_data AS kept
      WHERE kept.host::VARCHAR = $2 AND kept.resource::VARCHAR = {table}.resource::VARCHAR AND kept.ds = {table}.ds
  );

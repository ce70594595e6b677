-- Macros that somebody has put into the database under the name of a function that statements rely on: the first.
SELECT 'macro' AS kind, f.function_name AS name
FROM system.main.duckdb_functions() AS f
WHERE NOT f.internal
  AND f.function_name IN (SELECT g.function_name FROM system.main.duckdb_functions() AS g WHERE g.internal)
ORDER BY name
LIMIT 1;

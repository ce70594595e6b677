-- A macro that DuckDB did not bring, where there is one. No function is called here, since a macro may have its name.
SELECT function_name
FROM system.main.duckdb_functions()
WHERE NOT internal
LIMIT 1;

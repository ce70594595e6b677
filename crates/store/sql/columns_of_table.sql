-- The columns of the table $1, in their order, and whether each is text.
SELECT column_name, data_type = 'VARCHAR'
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = $1
ORDER BY ordinal_position;

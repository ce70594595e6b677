-- Every capacity that changed.
SELECT host::VARCHAR, resource::VARCHAR, day, "from"::DOUBLE, "to"::DOUBLE
FROM capacity_changes
ORDER BY host, resource, day;

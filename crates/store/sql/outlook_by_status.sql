-- How many series have which status.
SELECT status, count(*)::UBIGINT FROM capacity_outlook GROUP BY status ORDER BY status;

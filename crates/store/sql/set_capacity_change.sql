-- A series' capacity changes on a day, in the place of what was said of that day before.
INSERT OR REPLACE INTO capacity_changes (host, resource, day, "from", "to")
VALUES ($1, $2, $3, $4, $5);

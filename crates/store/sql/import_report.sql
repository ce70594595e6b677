SELECT
    (SELECT count(*) FROM import_rows WHERE isfinite(value)),
    (SELECT count(*) FROM import_rows WHERE value IS NULL OR NOT isfinite(value)),
    (SELECT count(*) FROM (SELECT DISTINCT host, resource FROM import_days)),
    (SELECT min(ds) FROM import_days),
    (SELECT max(ds) FROM import_days),
    count(*) FILTER (WHERE change = 'new'),
    count(*) FILTER (WHERE change = 'changed'),
    count(*) FILTER (WHERE change = 'unchanged')
FROM import_changes;

SELECT
    (SELECT count(*) FROM (SELECT DISTINCT host, resource FROM import_days)),
    min(ds),
    max(ds),
    count(*) FILTER (WHERE change = 'new'),
    count(*) FILTER (WHERE change = 'changed'),
    count(*) FILTER (WHERE change = 'unchanged'),
    (SELECT count(*) FROM unfinished_days AS u
     WHERE EXISTS (
         SELECT 1 FROM import_days AS d WHERE d.host = u.host AND d.resource = u.resource AND d.ds = u.ds
     ))
FROM import_changes;

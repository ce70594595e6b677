-- The resources of the golden record, and the names of their files: a name that is too long for one is cut off and made
-- its own again by a hash.
SELECT
    resource,
    'resource-' || CASE
        WHEN length(url_encode(resource)) <= 200 THEN url_encode(resource)
        ELSE url_encode(left(resource, 40)) || '~' || md5(resource)
    END AS name
FROM (SELECT DISTINCT resource FROM forecasts)
ORDER BY resource;

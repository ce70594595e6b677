-- Days of a resource that stand under host $1 and under host $2.
SELECT count(*)::UBIGINT
FROM (
    SELECT resource::VARCHAR, ds FROM processed_data WHERE host::VARCHAR = $1
    INTERSECT
    SELECT resource::VARCHAR, ds FROM processed_data WHERE host::VARCHAR = $2
);

-- What the data is, whatever order its rows stand in: their number, and two sums of row hashes (one alone would
-- miss a row that stands there twice), with those of what is noted beside it.
SELECT
    count(*) AS rows,
    coalesce(bit_xor(hash(host, resource, ds, utilization)), 0)::VARCHAR
        || '-' || coalesce(sum(hash(host, resource, ds, utilization)::HUGEINT), 0)::VARCHAR
        || coalesce((SELECT '-' || sum(hash(host, resource, ds)::HUGEINT)::VARCHAR FROM unfinished_days), '')
        || coalesce((SELECT '-' || sum(hash(host, resource, ds, instants, repeated)::HUGEINT)::VARCHAR FROM repeated_instants), '')
        -- What is planned changes limits alone.
        || coalesce((
            SELECT '-' || sum(hash(host, resource, day, "from", "to")::HUGEINT)::VARCHAR
            FROM capacity_changes
            WHERE day <= (SELECT max(ds) FROM processed_data)
        ), '')
        AS fingerprint
FROM processed_data;

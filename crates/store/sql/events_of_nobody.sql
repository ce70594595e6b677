-- Hosts that events are said of and that have no data, and groups that no host has. {hosts} are the hosts with data.
SELECT DISTINCT coalesce(host, "group") AS whose
FROM events
WHERE (host IS NOT NULL AND host NOT IN ({hosts}))
   OR ("group" IS NOT NULL AND "group" NOT IN (SELECT key || '=' || value FROM host_attributes))
ORDER BY whose;

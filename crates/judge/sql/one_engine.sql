-- Series whose winner had no rival, with the reason on the leaderboard.
SELECT host, resource, reason
FROM {leaderboard}
WHERE decided_by = 'only_engine'
ORDER BY host, resource;

-- What an engine was asked of the wanted series.
SELECT w.place, i.fingerprint, i.chosen_by, i.choice
FROM {table} AS i
JOIN wanted_series AS w ON w.host = i.host AND w.resource = i.resource;

-- Whose forecast is golden for the wanted series, how far it can be trusted, and what its intervals are made from.
SELECT w.place, b.golden AS model, b.trust, c.quantiles, c.error_days::UBIGINT AS error_days
FROM wanted_series AS w
JOIN model_leaderboard AS b ON b.host = w.host AND b.resource = w.resource
LEFT JOIN interval_calibration AS c ON c.host = w.host AND c.resource = w.resource;

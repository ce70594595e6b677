-- Outlooks of the past that said 60 to 80 %: how many there are, and the share of them that came true.
SELECT coalesce(sum(cases), 0)::UBIGINT, sum(came_true) / sum(cases)
FROM outlook_calibration
WHERE p_from BETWEEN 0.55 AND 0.75;

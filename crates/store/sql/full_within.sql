-- How many series are full within 30, 90 and 180 days, those over their threshold already among them; NULL beyond the
-- horizon, of which nobody knows.
SELECT
    count(*) FILTER (days_left <= 30)::UBIGINT,
    CASE WHEN horizon >= 90 THEN count(*) FILTER (days_left <= 90)::UBIGINT END,
    CASE WHEN horizon >= 180 THEN count(*) FILTER (days_left <= 180)::UBIGINT END
FROM capacity_outlook,
    (SELECT max(ds) - min(ds) + 1 AS horizon FROM forecasts)
GROUP BY horizon;

-- How many series are full within 30, 90 and 180 days, those over their threshold already among them.
SELECT
    count(*) FILTER (days_left <= 30)::UBIGINT,
    count(*) FILTER (days_left <= 90)::UBIGINT,
    count(*) FILTER (days_left <= 180)::UBIGINT
FROM capacity_outlook;

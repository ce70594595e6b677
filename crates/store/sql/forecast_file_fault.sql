-- The first thing that makes the file unusable, in words, or NULL. Parameter: whether it has bounds.
WITH
checked AS (
    SELECT
        coalesce(host, '') = '' OR resource IS NULL AS is_nameless,
        origin IS NULL OR ds IS NULL AS is_dayless,
        NOT coalesce(isfinite(yhat), false) AS is_pointless,
        ?::BOOLEAN AND NOT coalesce(isfinite(yhat_lower) AND isfinite(yhat_upper), false) AS is_boundless,
        coalesce(yhat_lower > yhat_upper, false) AS is_crossed
    FROM forecast_file
),
counted AS (
    SELECT
        countif(is_nameless) AS nameless, countif(is_dayless) AS dayless, countif(is_pointless) AS pointless,
        countif(is_boundless) AS boundless, countif(is_crossed) AS crossed
    FROM checked
),
repeated AS (
    SELECT count(*) AS days
    FROM (SELECT 1 FROM forecast_file GROUP BY host, resource, origin, ds HAVING count(*) > 1)
)
SELECT CASE
    WHEN nameless > 0 THEN format('{} rows have no host or no resource; name them', nameless)
    WHEN dayless > 0 THEN format('{} rows have no day in origin or ds; write days as YYYY-MM-DD', dayless)
    WHEN pointless > 0
        THEN format('yhat is no finite number in {} rows; leave out what could not be forecast', pointless)
    WHEN boundless > 0
        THEN format('yhat_lower or yhat_upper is no finite number in {} rows; leave out both columns, or those forecasts', boundless)
    WHEN crossed > 0 THEN format('yhat_lower is above yhat_upper in {} rows; mend them', crossed)
    WHEN days > 0 THEN format('{} days stand there more than once for a series and origin; keep one', days)
END
FROM counted, repeated;

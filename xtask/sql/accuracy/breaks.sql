-- By behaviour and age of the break: how long the series has been another on the day of the forecast, or for how long it is
-- again what it was.
WITH
aged AS (
    SELECT
        *,
        CASE
            WHEN age < 1 THEN [0, 0]
            WHEN over >= 1 THEN [2, over]
            ELSE [1, age]
        END AS stage
    FROM accuracy_by_behaviour
    WHERE day IS NOT NULL
),
named AS (
    SELECT
        *, stage[1] AS place,
        list_filter([1, 8, 18, 30, 60, 90, 180, 365], lambda days: days <= stage[2])[-1] AS least,
        list_filter([7, 17, 29, 59, 89, 179, 364], lambda days: days >= stage[2])[1] AS most
    FROM aged
)
SELECT
    behaviour,
    CASE place
        WHEN 0 THEN 'not yet'
        ELSE if(place = 2, 'over for ', '') || coalesce(format('{} to {}', least, most), format('{} and more', least))
    END,
    count(*)::VARCHAR,
    format('{:.2f}', avg(prophet_mase)), format('{:.2f}', avg(off_mase)), format('{:.2f}', avg(mase)),
    format('{:.3f}', avg(mase) / avg(off_mase)),
    format('{:.2f}', avg(off_coverage)), format('{:.2f}', avg(coverage)),
    format('{:.1f}', avg(off_width)), format('{:.1f}', avg(width))
FROM named
GROUP BY behaviour, place, least, most
ORDER BY behaviour, place, least;

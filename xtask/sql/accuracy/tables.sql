-- One row a series, origin and contender. bias, width and pinball are divided by the scale of MASE.
CREATE TABLE accuracy_scores (
    host VARCHAR, resource VARCHAR, as_of DATE, model VARCHAR,
    mape DOUBLE, wape DOUBLE, mase DOUBLE, bias DOUBLE,
    coverage_80 DOUBLE, coverage_95 DOUBLE, width DOUBLE, pinball DOUBLE, trust VARCHAR
);
-- One row a series, origin and observed day of its history window: what engines see.
CREATE TABLE accuracy_origins (host VARCHAR, resource VARCHAR, origin DATE, ds DATE, y DOUBLE);
-- One row a series, origin and threshold it had not reached: what was said, and after how many days it was full (NULL
-- where it was not within the horizon). The other days are when each method says so.
CREATE TABLE accuracy_outlook (
    host VARCHAR, resource VARCHAR, as_of DATE, question VARCHAR, threshold DOUBLE, full_after INTEGER,
    p_full_30 DOUBLE, p_full_60 DOUBLE, p_full_90 DOUBLE, p_full DOUBLE,
    earliest_after INTEGER, likely_after INTEGER, latest_after INTEGER,
    line_after INTEGER, bound_after INTEGER, last_year_after INTEGER,
    straight_30_after INTEGER, straight_90_after INTEGER, straight_365_after INTEGER
);
-- Every method's answer to every question: how likely, whether that is a yes, and after how many days. The outlook gives
-- a probability and so three kinds of yes; the others say yes or no.
CREATE VIEW accuracy_outlook_answers AS
SELECT q.*, m.place, m.method, m.says, m.is_yes, m.after, full_after IS NOT NULL AS is_full
FROM accuracy_outlook AS q, LATERAL (
    SELECT * FROM (VALUES
        (1, 'outlook, 1 in 10', p_full, p_full >= 0.1, earliest_after),
        (2, 'outlook, 3 in 10', p_full, p_full >= 0.3, NULL),
        (3, 'outlook, 1 in 2', p_full, p_full >= 0.5, likely_after),
        (4, 'forecast''s line', (line_after IS NOT NULL)::DOUBLE, line_after IS NOT NULL, line_after),
        (5, 'forecast''s upper bound', (bound_after IS NOT NULL)::DOUBLE, bound_after IS NOT NULL, bound_after),
        (6, 'last year again', (last_year_after IS NOT NULL)::DOUBLE, last_year_after IS NOT NULL, last_year_after),
        (7, 'line of 30 days', (straight_30_after IS NOT NULL)::DOUBLE, straight_30_after IS NOT NULL, straight_30_after),
        (8, 'line of 90 days', (straight_90_after IS NOT NULL)::DOUBLE, straight_90_after IS NOT NULL, straight_90_after),
        (9, 'line of 365 days', (straight_365_after IS NOT NULL)::DOUBLE, straight_365_after IS NOT NULL, straight_365_after)
    ) AS methods (place, method, says, is_yes, after)
) AS m;
-- One row a group, resource and origin: how far off its total was (MASE), and of four intervals the share of days that they
-- held and their width in units of the scale of MASE: the total's at 80 % and at 95 %, and at 80 % the sum of the members'
-- bounds, and bounds as if members were independent.
CREATE TABLE accuracy_groups (
    "group" VARCHAR, resource VARCHAR, as_of DATE, members INTEGER, mase DOUBLE,
    coverage_80 DOUBLE, width_80 DOUBLE, coverage_95 DOUBLE, width_95 DOUBLE,
    coverage_alike DOUBLE, width_alike DOUBLE, coverage_independent DOUBLE, width_independent DOUBLE
);
-- How the series of a demo fleet behave: as `demo_labels`.
CREATE TABLE behaviours (host VARCHAR, resource VARCHAR, behaviour VARCHAR, defect VARCHAR, day DATE, until DATE);
-- The scores of healthy series whose behaviour is known, a row a series and origin: the winner's, its own with regimes off,
-- and Prophet's as it comes. `age`: days at the other level until the origin, `over`: days since it ended.
CREATE VIEW accuracy_by_behaviour AS
SELECT
    b.behaviour, w.as_of,
    date_diff('day', b.day, w.as_of) + 1 AS age, date_diff('day', b.until, w.as_of) + 1 AS over, b.day,
    p.mase AS prophet_mase, o.mase AS off_mase, w.mase,
    o.coverage_80 AS off_coverage, w.coverage_80 AS coverage, o.width AS off_width, w.width
FROM accuracy_scores AS w
JOIN accuracy_scores AS o
    ON o.model = 'winner_off' AND o.host = w.host AND o.resource = w.resource AND o.as_of = w.as_of
JOIN accuracy_scores AS p
    ON p.model = 'prophet_default' AND p.host = w.host AND p.resource = w.resource AND p.as_of = w.as_of
JOIN behaviours AS b ON b.host = w.host AND b.resource = w.resource
WHERE w.model = 'winner' AND b.defect IS NULL;

-- A row a scenario and series: the outlook as it is, and as it would be. What begins with `then_` is NULL where the series goes.
CREATE TABLE what_if (
    scenario VARCHAR, host VARCHAR, resource VARCHAR, trust VARCHAR,
    status VARCHAR, p_full DOUBLE, full_on DATE, full_on_earliest DATE,
    demand_p90 DOUBLE, threshold DOUBLE, capacity DOUBLE, to_order DOUBLE,
    then_status VARCHAR, then_p_full DOUBLE, then_full_on DATE, then_full_on_earliest DATE,
    then_demand_p90 DOUBLE, then_threshold DOUBLE, then_capacity DOUBLE, then_to_order DOUBLE
);
-- How a scenario's series change: full are those that are over, or will be as likely as not.
CREATE VIEW what_if_changes AS
SELECT
    *,
    status IN ('over', 'within') AS is_full,
    coalesce(then_status IN ('over', 'within'), false) AS then_is_full,
    CASE
        WHEN then_status IS NULL THEN 'gone'
        WHEN then_is_full AND NOT is_full THEN 'full then'
        WHEN is_full AND NOT then_is_full THEN 'no longer full'
        WHEN then_full_on < full_on THEN 'full earlier'
        WHEN then_full_on > full_on THEN 'full later'
        WHEN then_p_full - p_full >= 0.05 THEN 'likelier'
        WHEN p_full - then_p_full >= 0.05 THEN 'less likely'
        WHEN then_to_order > 1.02 * to_order AND then_to_order > 0.001 * then_threshold THEN 'more to order'
        WHEN to_order > 1.02 * then_to_order AND to_order > 0.001 * threshold THEN 'less to order'
        ELSE 'the same'
    END AS change
FROM what_if;

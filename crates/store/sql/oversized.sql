-- Hosts that need less than {below} of their capacity for the whole horizon, with nine in ten: the level that demand will hold
-- at some time with one in ten, the largest point forecast and the last days are all below. Only peaks say so (resources that
-- were imported as `_p95` or `_max`): means hide what a host needs. Reclaimable is what is left above the capacity that it
-- would be full of with one in ten.
SELECT
    host, resource,
    greatest(demand_p90, peak, coalesce(recent, peak)) AS peak_need,
    capacity,
    greatest(demand_p90, peak, coalesce(recent, peak)) / capacity AS share,
    capacity - needed_capacity AS reclaimable,
    trust, as_of
FROM capacity_outlook
WHERE regexp_matches(resource, '_(p95|max)$')
  AND rule = 'path'
  AND status = 'not_within_horizon'
  AND capacity > 0
  AND greatest(demand_p90, peak, coalesce(recent, peak)) < {below} * capacity
  AND needed_capacity < capacity

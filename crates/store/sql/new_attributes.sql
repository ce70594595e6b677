-- Attributes on their way into `host_attributes`; without a value, nothing is known of the host any more.
CREATE OR REPLACE TEMP TABLE new_attributes (host VARCHAR, key VARCHAR, value VARCHAR);

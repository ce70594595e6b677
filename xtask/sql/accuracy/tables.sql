-- One row a series, origin and contender. bias, width and pinball are divided by the scale of MASE.
CREATE TABLE accuracy_scores (
    host VARCHAR, resource VARCHAR, as_of DATE, model VARCHAR,
    mape DOUBLE, wape DOUBLE, mase DOUBLE, bias DOUBLE,
    coverage_80 DOUBLE, coverage_95 DOUBLE, width DOUBLE, pinball DOUBLE, trust VARCHAR
);
-- One row a series, origin and observed day of its history window: what engines see.
CREATE TABLE accuracy_origins (host VARCHAR, resource VARCHAR, origin DATE, ds DATE, y DOUBLE);

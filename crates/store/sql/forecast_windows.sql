-- A batch of forecasts on its way into a draft, a window a row.
CREATE OR REPLACE TEMP TABLE forecast_windows (
    host       VARCHAR,
    resource   VARCHAR,
    segment    VARCHAR,
    first      DATE,
    yhat       DOUBLE[],
    yhat_lower DOUBLE[],
    yhat_upper DOUBLE[]
);

-- A batch of golden forecasts on its way into a draft, a series a row.
CREATE OR REPLACE TEMP TABLE golden_windows (
    host          VARCHAR,
    resource      VARCHAR,
    first         DATE,
    yhat          DOUBLE[],
    yhat_lower    DOUBLE[],
    yhat_upper    DOUBLE[],
    yhat_lower_95 DOUBLE[],
    yhat_upper_95 DOUBLE[],
    model         VARCHAR
);

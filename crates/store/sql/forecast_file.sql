-- Another tool's forecasts, as its file has them; NULL where a cell is no day or no number.
CREATE OR REPLACE TEMP TABLE forecast_file (
    host VARCHAR, resource VARCHAR, origin DATE, ds DATE,
    yhat DOUBLE, yhat_lower DOUBLE, yhat_upper DOUBLE
);

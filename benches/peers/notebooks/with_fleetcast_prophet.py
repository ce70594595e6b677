import sys

import pandas as pd
from fleetcast.prophet import Prophet

df = pd.read_parquet(sys.argv[1]).set_axis(["unique_id", "ds", "y"], axis="columns")
df["ds"] = pd.to_datetime(df["ds"])
cutoff = df["ds"].max() - pd.Timedelta(days=120)
parts = []
for name, series in df.groupby("unique_id"):
    model = Prophet(interval_width=0.8).fit(series[series["ds"] <= cutoff][["ds", "y"]])
    future = series[series["ds"] > cutoff]
    if len(future):
        forecast = model.predict(future[["ds"]])[["ds", "yhat", "yhat_lower", "yhat_upper"]]
        parts.append(future.merge(forecast, on="ds"))
cv = pd.concat(parts).rename(columns={"yhat": "Prophet", "yhat_lower": "Prophet-lo-80", "yhat_upper": "Prophet-hi-80"})
cv.to_parquet(sys.argv[2])

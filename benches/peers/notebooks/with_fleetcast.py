import sys

import pandas as pd
from fleetcast import FleetForecast

df = pd.read_parquet(sys.argv[1]).set_axis(["unique_id", "ds", "y"], axis="columns")
df["ds"] = pd.to_datetime(df["ds"])
models = FleetForecast(n_jobs=-1)
cv = models.cross_validation(df=df, h=120, n_windows=1, level=[80])
cv.to_parquet(sys.argv[2])

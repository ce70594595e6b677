import sys

import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
from utilsforecast.preprocessing import fill_gaps

df = pd.read_parquet(sys.argv[1]).set_axis(["unique_id", "ds", "y"], axis="columns")
df["ds"] = pd.to_datetime(df["ds"])
df = fill_gaps(df, freq="D")
df["y"] = df.groupby("unique_id")["y"].transform(lambda y: y.interpolate().bfill())
models = StatsForecast(models=[AutoETS(season_length=7)], freq="D", n_jobs=-1)
cv = models.cross_validation(df=df, h=120, n_windows=1, level=[80])
cv.to_parquet(sys.argv[2])

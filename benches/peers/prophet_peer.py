"""Fit and forecast the series of a CSV file (series,ds,y) with Python's Prophet; print seconds.

Prints one line: series, seconds to fit, seconds to forecast, seconds to forecast with intervals.
Needs `pip install prophet==1.5.0`.
"""

import logging
import sys
import time

import pandas as pd
from prophet import Prophet

logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
logging.getLogger("prophet").setLevel(logging.ERROR)

path, horizon = sys.argv[1], int(sys.argv[2])
frames = [group[["ds", "y"]] for _, group in pd.read_csv(path, parse_dates=["ds"]).groupby("series")]
# Loading the model the first time is not a series' cost.
Prophet(uncertainty_samples=0).fit(frames[0])

fit = points = intervals = 0.0
for frame in frames:
    started = time.perf_counter()
    model = Prophet().fit(frame)
    fit += time.perf_counter() - started
    future = model.make_future_dataframe(horizon, include_history=False)
    samples = model.uncertainty_samples
    started = time.perf_counter()
    model.uncertainty_samples = 0
    model.predict(future)
    points += time.perf_counter() - started
    started = time.perf_counter()
    model.uncertainty_samples = samples
    model.predict(future)
    intervals += time.perf_counter() - started
print(len(frames), fit, points, intervals)

"""Choose among all forms by AICc for the series of a CSV file (series,ds,y) with statsforecast.

Prints one line: series, seconds to fit, version. Needs `pip install statsforecast==2.1.1`.
"""

import sys
import time

import pandas as pd
import statsforecast
from statsforecast.models import AutoETS

path, season_length = sys.argv[1], int(sys.argv[2])
series = [group["y"].to_numpy(float) for _, group in pd.read_csv(path).groupby("series")]
# What is loaded or compiled the first time is not a series' cost.
AutoETS(season_length=season_length, model="ZZZ").fit(series[0])

started = time.perf_counter()
for y in series:
    AutoETS(season_length=season_length, model="ZZZ").fit(y)
print(len(series), time.perf_counter() - started, statsforecast.__version__)

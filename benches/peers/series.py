"""Write the history window of a fleetcast database as CSV: series (a number), day, y.

Days count from 1970-01-01. Prints one line of JSON: origin and as_of as such days, and series.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from fleet import read_history

db, out = Path(sys.argv[1]), Path(sys.argv[2])
history, windows = read_history(db)
epoch = pd.Timestamp(0)
rows = pd.DataFrame({
    "series": history.groupby(["host", "resource"], sort=False).ngroup(),
    "day": (history["ds"] - epoch).dt.days,
    "y": history["y"],
})
rows.to_csv(out, index=False)
print(json.dumps({
    "origin": (windows.origin - epoch).days,
    "as_of": (windows.as_of - epoch).days,
    "series": int(rows["series"].nunique()),
}))

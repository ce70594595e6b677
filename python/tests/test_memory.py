"""A forecast of many series needs little memory beside its input and its result."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# In a process of its own: what a process once had, it may keep.
PROGRAM = """
import sys
import numpy as np, pyarrow as pa, fleetcast
series, days = int(sys.argv[1]), 1096
rng = np.random.default_rng(1)
names = pa.array([f"host-{place:05}" for place in range(series)])
table = pa.table({
    "host": names.take(pa.array(np.repeat(np.arange(series), days))),
    "resource": pa.repeat("cpu", series * days),
    "ds": pa.array(np.tile(np.arange(19358, 19358 + days, dtype=np.int32), series), pa.date32()),
    "y": 40 + 5 * np.sin(np.arange(series * days) * 2 * np.pi / 7) + rng.normal(size=series * days),
})
def held(what):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what)) * 1024
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # The peak is counted from here.
before = held("VmRSS")
if sys.argv[2] == "tables":
    fleet = fleetcast.FleetForecast()
    forecast = fleet.forecast(table, h=180, level=[80, 95])
    tables = [getattr(fleet, name) for name in (
        "forecasts_", "leaderboard_", "scores_", "calibration_", "outlook_", "issues_")]
else:
    forecast, tables = fleetcast.forecast(table, h=180, level=[80, 95]), []
peak = held("VmHWM") - before
result = forecast.nbytes + sum(one.nbytes for one in tables)
print(table.nbytes, result, peak)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux' /proc")
@pytest.mark.parametrize("what", ["forecast", "tables"])
def test_the_peak_is_bounded(what):
    pytest.importorskip("numpy")
    out = subprocess.run([sys.executable, "-c", PROGRAM, "4000", what], capture_output=True, text=True, check=True).stdout
    given, result, peak = map(int, out.split())
    assert peak <= 1.5 * (given + result), f"{peak / 1e6:.0f} MB beside {given / 1e6:.0f} in and {result / 1e6:.0f} out"

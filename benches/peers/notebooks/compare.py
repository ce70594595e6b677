"""A script that a user of statsforecast or Prophet has today, and the same with fleetcast, side by side.

    python3 benches/peers/notebooks/compare.py

forecasts the last 120 days of the two fixtures from the days before them, by each of the scripts beside this file, in
processes of their own, one after another. It prints the lines in which fleetcast's script differs, the seconds of the whole
process and those of processors, imports and reading included, and errors and coverage on the days that have a value. Needs an environment with fleetcast's
wheel, statsforecast, prophet, pandas and pyarrow.
"""

import difflib
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parents[2] / "fixtures"
SCRIPTS = {
    "statsforecast": "with_statsforecast.py",
    "fleetcast": "with_fleetcast.py",
    "prophet": "with_prophet.py",
    "fleetcast.prophet": "with_fleetcast_prophet.py",
}
PAIRS = [("statsforecast", "fleetcast"), ("prophet", "fleetcast.prophet")]


def changed(today: str, then: str) -> tuple[int, int]:
    """Lines that go, and lines that come."""
    before, after = ((HERE / SCRIPTS[name]).read_text().splitlines() for name in (today, then))
    lines = list(difflib.ndiff(before, after))
    return sum(line.startswith("- ") for line in lines), sum(line.startswith("+ ") for line in lines)


def scores(cv: pd.DataFrame, actual: pd.DataFrame) -> dict[str, float]:
    """The mean over series of MAE by the mean level, and the share of days inside the interval at 80 %."""
    model = next(name for name in cv.columns if f"{name}-lo-80" in cv.columns)
    # What statsforecast was given is filled; what is scored is what was observed.
    both = cv.drop(columns="y").assign(ds=pd.to_datetime(cv["ds"])).merge(actual, on=["unique_id", "ds"])
    both = both.dropna(subset=["y", model])
    both["error"] = (both["y"] - both[model]).abs()
    both["is_inside"] = both["y"].between(both[f"{model}-lo-80"], both[f"{model}-hi-80"])
    of_series = both.groupby("unique_id").agg(error=("error", "mean"), level=("y", lambda y: y.abs().mean()))
    wape = 100 * of_series["error"] / of_series["level"]
    return {
        "series": len(of_series),
        "days": len(both),
        "mean WAPE %": wape.mean(),
        "median WAPE %": wape.median(),
        "inside 80 %": 100 * both["is_inside"].mean(),
    }


def processor_seconds() -> float:
    """What processes that have ended took of processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    for today, then in PAIRS:
        gone, come = changed(today, then)
        print(f"from {today} to {then}: {gone} lines go, {come} come")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for fixture in sorted(FIXTURES.glob("*_daily.parquet")):
            actual = pd.read_parquet(fixture).set_axis(["unique_id", "ds", "y"], axis="columns")
            actual["ds"] = pd.to_datetime(actual["ds"])
            for name, script in SCRIPTS.items():
                out = Path(place) / f"{name}.parquet"
                began, used = time.perf_counter(), processor_seconds()
                subprocess.run([sys.executable, HERE / script, fixture, out], check=True, capture_output=True)
                cost = {"seconds": time.perf_counter() - began, "CPU s": processor_seconds() - used}
                rows.append({"fixture": fixture.stem, "script": name} | cost | scores(pd.read_parquet(out), actual))
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:.2f}"))


if __name__ == "__main__":
    main()

"""Forecast, with Python's tools, what fleetcast's engines saw at each origin.

    cargo xtask accuracy FILE ... --origins 9 --write-origins origins.parquet
    python3 benches/peers/forecasts.py origins.parquet --out peers/
    cargo xtask accuracy FILE ... --origins 9 --peer prophet_py=peers/prophet_py.parquet ...

Every tool gets one series' values up to an origin and nothing else, or, where its model is of a fleet, those of all series. A forecast that fails is left
out and counted. Needs the packages of requirements.txt.
"""

import argparse
import time
from multiprocessing import Pool
from pathlib import Path

import pandas as pd

from tools import FLEET_TOOLS, TOOLS, forecast_fleet_with, forecast_with

Job = tuple[str, str, str, pd.Timestamp, pd.DataFrame, int]


def forecast(job: Job) -> pd.DataFrame | None:
    """One series' forecast from one origin, or None where the tool fails."""
    tool, host, resource, origin, history, days = job
    try:
        frame = forecast_with(tool, history, last_day=origin, days=days)
    except Exception as error:  # Tools fail in ways of their own: the series is left out.
        print(f"{tool} fails on {host}, {resource} at {origin.date()}: {error}")
        return None
    if not frame.drop(columns="ds").map(pd.notna).all(axis=None):
        print(f"{tool} has no number for {host}, {resource} at {origin.date()}")
        return None
    return frame.assign(host=host, resource=resource, origin=origin)


def forecast_fleet(tool: str, rows: pd.DataFrame, days: int) -> pd.DataFrame:
    """All series' forecasts from all origins, by a model an origin."""
    done = []
    for origin, fleet in rows.groupby("origin"):
        names = fleet["host"] + "\n" + fleet["resource"]
        frame = forecast_fleet_with(tool, fleet.assign(unique_id=names)[["unique_id", "ds", "y"]], pd.Timestamp(origin), days)
        keys = frame["unique_id"].str.split("\n", expand=True)
        done.append(frame.assign(host=keys[0], resource=keys[1], origin=pd.Timestamp(origin)).drop(columns="unique_id"))
    return pd.concat(done)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("origins", type=Path, help="what --write-origins wrote")
    parser.add_argument("--out", type=Path, default=Path("."), help="directory of the forecasts")
    parser.add_argument("--tools", nargs="+", choices=[*TOOLS, *FLEET_TOOLS], default=[*TOOLS, *FLEET_TOOLS])
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--processes", type=int, help="processes [default: one a core]")
    flags = parser.parse_args()

    flags.out.mkdir(parents=True, exist_ok=True)
    rows = pd.read_parquet(flags.origins)
    series = rows.groupby(["host", "resource", "origin"])
    keys = ["host", "resource", "origin", "ds"]
    for tool in flags.tools:
        path = flags.out / f"{tool}.parquet"
        began = time.time()
        if tool in FLEET_TOOLS:
            forecasts = forecast_fleet(tool, rows, flags.days).sort_values(keys)
            forecasts.to_parquet(path, index=False)
            print(f"{tool}: written to {path} after {time.time() - began:.0f} s")
            continue
        jobs: list[Job] = [
            (tool, host, resource, pd.Timestamp(origin), history[["ds", "y"]], flags.days)
            for (host, resource, origin), history in series
        ]
        with Pool(flags.processes) as pool:
            done = [frame for frame in pool.imap_unordered(forecast, jobs, 4) if frame is not None]
        pd.concat(done).sort_values(keys).to_parquet(path, index=False)
        print(f"{tool}: {len(done)} of {len(jobs)} forecasts written to {path} after {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()

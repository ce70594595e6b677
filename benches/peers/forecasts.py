"""Forecast, with Python's tools, what fleetcast's engines saw at each origin.

    cargo xtask accuracy FILE ... --origins 9 --write-origins origins.parquet
    python3 benches/peers/forecasts.py origins.parquet --out peers/
    cargo xtask accuracy FILE ... --origins 9 --peer prophet_py=peers/prophet_py.parquet ...

Every tool gets one series' values up to an origin and nothing else. A forecast that fails is left
out and counted. Needs the packages of requirements.txt.
"""

import argparse
from multiprocessing import Pool
from pathlib import Path

import pandas as pd

from tools import TOOLS, forecast_with

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("origins", type=Path, help="what --write-origins wrote")
    parser.add_argument("--out", type=Path, default=Path("."), help="directory of the forecasts")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--processes", type=int, help="processes [default: one a core]")
    flags = parser.parse_args()

    flags.out.mkdir(parents=True, exist_ok=True)
    series = pd.read_parquet(flags.origins).groupby(["host", "resource", "origin"])
    for tool in flags.tools:
        jobs: list[Job] = [
            (tool, host, resource, pd.Timestamp(origin), history[["ds", "y"]], flags.days)
            for (host, resource, origin), history in series
        ]
        with Pool(flags.processes) as pool:
            done = [frame for frame in pool.imap_unordered(forecast, jobs, 4) if frame is not None]
        path = flags.out / f"{tool}.parquet"
        keys = ["host", "resource", "origin", "ds"]
        pd.concat(done).sort_values(keys).to_parquet(path, index=False)
        print(f"{tool}: {len(done)} of {len(jobs)} forecasts written to {path}")


if __name__ == "__main__":
    main()

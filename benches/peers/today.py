"""The job as a script does it today: fit every series in a pool, judge by MAPE, write to DuckDB.

    python3 benches/peers/today.py --db fleet.duckdb --tools prophet_py ets_sm

Every tool trains on the first 32 months and forecasts the last 4; the one with the smallest MAPE
there is fitted again to all 36 and forecasts 180 days, with an 80 % interval, into the table
`forecasts_today`. With one tool there is nothing to judge: it stands by itself.
"""

import argparse
from multiprocessing import Pool
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from fleet import DAYS_AHEAD, Windows, read_history
from tools import TOOLS, forecast_with

Job = tuple[str, str, pd.DataFrame, Windows, list[str]]


def mape(history: pd.DataFrame, forecast: pd.DataFrame) -> float:
    """In percent, over days whose value is not 0."""
    days = history.merge(forecast, on="ds").query("y != 0")
    return float(100 * np.mean(np.abs((days["y"] - days["yhat"]) / days["y"])))


def one_series(job: Job) -> tuple[float, pd.DataFrame] | None:
    """Backtest MAPE and golden rows of one series, or None where no tool can."""
    host, resource, history, windows, tools = job
    training = history[history["ds"] <= windows.origin]
    scores: dict[str, float] = {}
    for tool in tools:
        try:
            backtest = forecast_with(tool, training, windows.origin, windows.backtest_days)
            scores[tool] = mape(history, backtest)
        except Exception as error:  # Tools fail in ways of their own: the others go on.
            print(f"{tool} fails on {host}, {resource}: {error}")
    for tool in sorted(scores, key=scores.__getitem__):
        try:
            golden = forecast_with(tool, history, windows.as_of, DAYS_AHEAD)
        except Exception as error:
            print(f"{tool} fails on {host}, {resource}: {error}")
            continue
        return scores[tool], golden.assign(host=host, resource=resource, model=tool)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--db", type=Path, required=True)
    both = ["prophet_py", "ets_sm"]
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=both)
    flags = parser.parse_args()

    history, windows = read_history(flags.db)
    jobs: list[Job] = [
        (host, resource, series[["ds", "y"]], windows, flags.tools)
        for (host, resource), series in history.groupby(["host", "resource"], sort=False)
    ]
    pool = Pool()
    done = [result for result in pool.imap_unordered(one_series, jobs) if result is not None]
    # Not terminated but joined: what the workers took is counted then.
    pool.close()
    pool.join()

    golden = pd.concat([rows for _, rows in done])  # noqa: F841 (DuckDB reads it by its name)
    with duckdb.connect(str(flags.db)) as connection:
        connection.execute(
            """
            CREATE OR REPLACE TABLE forecasts_today AS
            SELECT host, resource, ds::DATE AS ds, yhat, yhat_lower, yhat_upper, model
            FROM golden ORDER BY ALL
            """
        )
    print(f"{len(done)} of {len(jobs)} series, mean MAPE on the backtest "
          f"{np.nanmean([score for score, _ in done]):.2f} %")


if __name__ == "__main__":
    main()

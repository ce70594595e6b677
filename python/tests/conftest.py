"""Fleets that the tests forecast."""

from __future__ import annotations

import datetime
import math
import os
import signal
from pathlib import Path

import polars as pl
import pytest
from fleetcast._models import xgboost_library

# The repository: tests may run from a copy beside an installed wheel.
SOURCE = Path(os.environ.get("FLEETCAST_SOURCE") or Path(__file__).resolve().parents[2])
FIXTURES = SOURCE / "fixtures"
AS_OF = datetime.date(2025, 12, 31)

# Where tests run in the background, a shell has Ctrl-C ignored, and Python leaves it so.
signal.signal(signal.SIGINT, signal.default_int_handler)


def series(name: dict[str, str], level: float, growth: float, days: int = 1096, target: str = "y") -> pl.DataFrame:
    """A series up to the last of 2025: a level, a growth a day, a week, and some unrest."""
    dates = [AS_OF - datetime.timedelta(days=days - 1 - day) for day in range(days)]
    values = [
        level + growth * day + 3 * math.sin(2 * math.pi * day / 7) + (day * 7919 % 101) / 50 for day in range(days)
    ]
    names = [pl.lit(value).alias(column) for column, value in name.items()]
    return pl.DataFrame({"ds": dates, target: values}).select(*names, "ds", target)


def has_xgboost() -> bool:
    """Whether XGBoost's library is named or installed."""
    try:
        xgboost_library()
    except ModuleNotFoundError:
        return False
    return True


needs_xgboost = pytest.mark.skipif(not has_xgboost(), reason="XGBoost is not installed, and FLEETCAST_XGBOOST names no library")


def rows_of(con, table):
    """The rows of a table in one order, without the run's number."""
    columns = ", ".join(f'"{name}"' for name, *_ in con.execute(f"DESCRIBE {table}").fetchall() if name != "run_id")
    return con.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


@pytest.fixture(scope="session")
def fleet() -> pl.DataFrame:
    """Three series by one name each, of which one is too short to be forecast."""
    return pl.concat(
        [
            series({"unique_id": "web-01"}, 40.0, 0.0),
            series({"unique_id": "db-01"}, 30.0, 0.04),
            series({"unique_id": "new-01"}, 10.0, 0.0, days=9),
        ]
    )


@pytest.fixture(scope="session")
def hosts() -> pl.DataFrame:
    """Three hosts' disks."""
    levels = {"web-01": (40.0, 0.0), "db-01": (30.0, 0.04), "db-02": (20.0, 0.055)}
    return pl.concat(
        [series({"host": host, "resource": "disk"}, *level) for host, level in levels.items()]
    )

"""What the job is about: the history window of a fleetcast database."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

HISTORY_MONTHS, BACKTEST_MONTHS, DAYS_AHEAD = 36, 4, 180


@dataclass(frozen=True)
class Windows:
    """Training ends on the day `origin`, backtest and data on the day `as_of`."""

    origin: pd.Timestamp
    as_of: pd.Timestamp

    @property
    def backtest_days(self) -> int:
        return (self.as_of - self.origin).days


def read_history(db: Path) -> tuple[pd.DataFrame, Windows]:
    """The last 36 months, one mean a day: host, resource, ds, y in this order."""
    with duckdb.connect(str(db), read_only=True) as connection:
        (last,) = connection.execute("SELECT max(ds) FROM processed_data").fetchone()
        as_of = pd.Timestamp(last)
        history = connection.execute(
            """
            SELECT host, resource, ds::TIMESTAMP AS ds, avg(utilization) AS y
            FROM processed_data
            WHERE ds > ? AND isfinite(utilization)
            GROUP BY ALL
            ORDER BY ALL
            """,
            [as_of - pd.DateOffset(months=HISTORY_MONTHS)],
        ).df()
    return history, Windows(as_of - pd.DateOffset(months=BACKTEST_MONTHS), as_of)

"""Frames of pandas, polars, pyarrow and DuckDB, in and out."""

from __future__ import annotations

from typing import Any

import narwhals as nw

__all__ = ["Kind", "stream_of"]

# What a frame must be, in words.
_KINDS = "a frame of pandas, polars or pyarrow, or a DuckDB relation"


def stream_of(frame: Any, what: str = "df") -> Any:
    """Return an object with Arrow's C stream of `frame`: the frame itself, where it has one."""
    polars = nw.dependencies.get_polars()
    if polars is not None and isinstance(frame, (polars.DataFrame, polars.LazyFrame)):
        # A column of nothing but nulls has no type, which no other library reads from polars' streams.
        return frame.lazy().with_columns(polars.col(polars.Null).cast(polars.String)).collect()
    pandas = nw.dependencies.get_pandas()
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        _need_pyarrow("pandas frames")
        return frame
    duckdb = nw.dependencies.get_duckdb()
    if what != "df" and duckdb is not None and isinstance(frame, duckdb.DuckDBPyRelation):
        # A connection has one open result at a time, and that is for the fleet.
        return frame.to_arrow_table()
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    raise ValueError(f"{what} is {type(frame).__name__}, not {_KINDS}; convert it to one")


def _need_pyarrow(what: str) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ImportError(f"{what} are read by way of pyarrow, which is not installed; pip install pyarrow") from None
    return pyarrow


class Kind:
    """The kind of a frame that was given, which results have as well."""

    def __init__(self, frame: Any, time_col: str) -> None:
        pandas = nw.dependencies.get_pandas()
        polars = nw.dependencies.get_polars()
        duckdb = nw.dependencies.get_duckdb()
        self._days_are_objects = False
        if pandas is not None and isinstance(frame, pandas.DataFrame):
            self._make = self._pandas
            # Days that stood there as datetime.date come out as such.
            self._days_are_objects = time_col in frame.columns and frame[time_col].dtype == object
        elif polars is not None and isinstance(frame, polars.DataFrame):
            self._make = polars.DataFrame
        elif polars is not None and isinstance(frame, polars.LazyFrame):
            self._make = lambda table: polars.DataFrame(table).lazy()
        elif duckdb is not None and isinstance(frame, duckdb.DuckDBPyRelation):
            self._make = self._duckdb
        else:
            # pyarrow, and whatever else has an Arrow stream: Arrow is what comes out.
            self._make = self._arrow

    def __call__(self, table: Any) -> Any:
        """Return `table`, which has an Arrow stream, as a frame of this kind."""
        return self._make(table)

    def _pandas(self, table: Any) -> Any:
        return self._arrow(table).to_pandas(date_as_object=self._days_are_objects)

    @staticmethod
    def _duckdb(table: Any) -> Any:
        import duckdb

        return duckdb.from_arrow(Kind._arrow(table))

    @staticmethod
    def _arrow(table: Any) -> Any:
        return _need_pyarrow("these frames").table(table)

"""What `export` writes, read as people read it: a directory is one table."""

from __future__ import annotations

import datetime
import os
import subprocess

import duckdb
import pandas as pd
import polars as pl
import pytest

KEY = ["host", "resource", "ds"]

pytestmark = pytest.mark.skipif(
    not os.environ.get("FLEETCAST_PROGRAM"), reason="FLEETCAST_PROGRAM names no program"
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A fleet's export, and the golden record it is of."""
    directory = tmp_path_factory.mktemp("export")
    database = str(directory / "fleet.duckdb")
    out = directory / "out"
    for command in (
        ["demo", "--hosts", "3"],
        ["run-all", "--quiet"],
        ["export", "--to", str(out)],
    ):
        subprocess.run([os.environ["FLEETCAST_PROGRAM"], *command, "--db", database], check=True, capture_output=True)
    with duckdb.connect(database, read_only=True) as con:
        golden = con.sql("SELECT * FROM forecasts ORDER BY host, resource, ds").pl()
    return out, golden


def test_pandas_reads_the_directory_as_one_table(exported):
    out, golden = exported
    frame = pd.read_parquet(out / "forecasts")
    assert list(frame.columns) == golden.columns
    frame = frame.sort_values(KEY).reset_index(drop=True)
    for column in golden.columns:
        assert frame[column].tolist() == golden[column].to_list(), column
    one = pd.read_parquet(out / "forecasts", filters=[("resource", "==", "cpu")])
    assert set(one["resource"]) == {"cpu"}
    assert len(one) == golden.filter(pl.col("resource") == "cpu").height


def test_polars_reads_the_directory_as_one_table(exported):
    out, golden = exported
    assert pl.read_parquet(out / "forecasts").sort(KEY).equals(golden)
    scanned = pl.scan_parquet(out / "forecasts").filter(pl.col("resource") == "disk").collect()
    assert scanned.sort(KEY).equals(golden.filter(pl.col("resource") == "disk"))
    assert scanned.schema["ds"] == pl.Date


def test_spark_reads_the_directory_as_one_table(exported):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    out, golden = exported
    session = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = session.read.parquet(str(out / "forecasts"))
        assert frame.columns == golden.columns
        assert frame.count() == golden.height
        days = frame.agg({"ds": "min"}).collect()[0][0]
        assert isinstance(days, datetime.date)
        assert days == golden["ds"].min()
    finally:
        session.stop()


def test_every_table_is_a_file_that_pandas_and_polars_read(exported):
    out, _ = exported
    for table in ("capacity_outlook", "model_leaderboard", "series_issues"):
        pandas, polars = pd.read_parquet(out / f"{table}.parquet"), pl.read_parquet(out / f"{table}.parquet")
        assert list(pandas.columns) == polars.columns
        assert len(pandas) == polars.height > 0, table

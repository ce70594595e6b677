"""Fleets on Spark: the tables of one process, to the bit; `packaging/spark` holds larger ones against each other."""

from __future__ import annotations

import datetime
import math
import sys
import warnings

import fleetcast
import polars as pl
import pytest
from conftest import AS_OF, needs_xgboost, series

pytest.importorskip("pyspark")

import fleetcast.spark
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

pytestmark = pytest.mark.filterwarnings("default")

TABLES = {
    "forecasts": "forecasts_",
    "leaderboard": "leaderboard_",
    "scores": "scores_",
    "calibration": "calibration_",
    "outlook": "outlook_",
    "issues": "issues_",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    place = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.pyspark.python", sys.executable)
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
        .config("spark.sql.warehouse.dir", str(place / "warehouse"))
        .config("spark.local.dir", str(place / "local"))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


LONG = "host string, resource string, ds date, utilization double"


def frame(spark, rows: pl.DataFrame, schema: str = LONG):
    return spark.createDataFrame(rows.rows(), schema)


def odd_rows() -> pl.DataFrame:
    """Hosts as they come: plain ones, short and ended ones, nulls, days twice, rows of nobody, strays of a percentage."""
    fleet = [series({"host": f"h{n}", "resource": "disk"}, 30.0 + n, 0.01 * n, target="utilization") for n in range(6)]
    fleet.append(series({"host": "new", "resource": "cpu"}, 10.0, 0.0, days=9, target="utilization"))
    ended = series({"host": "ended", "resource": "cpu"}, 10.0, 0.0, target="utilization")
    fleet.append(ended.filter(pl.col("ds") < datetime.date(2025, 6, 1)))
    rows = pl.concat(fleet).with_columns(
        pl.when((pl.col("host") == "h1") & (pl.col("ds").dt.day() == 3)).then(None).otherwise(pl.col("utilization")).alias("utilization")
    )
    days = [AS_OF - datetime.timedelta(days=back) for back in range(5)]
    extra = pl.DataFrame(
        [
            ("h2", "disk", days[0], math.nan),
            ("h2", "disk", days[1], math.inf),
            ("h3", "disk", days[2], 0.1),
            ("h3", "disk", days[2], 0.7),
            ("h4", "disk", days[3], 4000.0),
            (None, "disk", days[0], 1.0),
            ("", "disk", None, 1.0),
            ("h5", None, days[0], 1.0),
            ("h5", "disk", None, 1.0),
            ("empty", "disk", days[0], None),
        ],
        schema=rows.schema,
        orient="row",
    )
    return pl.concat([rows, extra])


def one_process(rows: pl.DataFrame, **options) -> dict[str, pa.Table]:
    fleet = fleetcast.FleetForecast(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fleet.forecast(rows.to_arrow(), id_col=["host", "resource"], target_col="utilization")
    return {name: getattr(fleet, attribute) for name, attribute in TABLES.items()}


def ordered(table: pa.Table) -> pa.Table:
    plain = [(field.name, "ascending") for field in table.schema if not pa.types.is_list(field.type)]
    return table.sort_by(plain)


def assert_same(result: fleetcast.spark.FleetResult, expected: dict[str, pa.Table]) -> None:
    for name, table in expected.items():
        found = ordered(getattr(result, name).toArrow())
        assert found.column_names == table.column_names, name
        # Texts are compared digit by digit: a number and one that prints like it are the same bits.
        assert repr(found.to_pylist()) == repr(ordered(table).to_pylist()), name


@pytest.mark.parametrize("partitions", [1, 5])
def test_odd_rows_come_to_the_tables_of_one_process(spark, partitions, tmp_path):
    rows = odd_rows()
    expected = one_process(rows, duplicates="mean")
    assert expected["issues"].num_rows > 8
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=partitions)
    staging = str(tmp_path) if partitions == 5 else None
    with fleetcast.spark.forecast(frame(spark, mixed), partitions=partitions, staging=staging, duplicates="mean") as result:
        assert_same(result, expected)
        assert result.as_of == AS_OF
    assert not any(tmp_path.iterdir()), "what passes left to each other is let go"


@pytest.mark.parametrize("partitions", [1, 4])
def test_groups_are_those_of_one_process(spark, partitions):
    rows = odd_rows()
    hosts = [f"h{n}" for n in range(6)]
    known = pl.DataFrame({"host": hosts, "site": ["ber", "ber", "fra"] * 2, "owner": ["x"] * 6, "disk_capacity": [7, 1, 2, 3, 5, 9]})
    fleet = fleetcast.FleetForecast(duplicates="mean", attributes=known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fleet.forecast(rows.to_arrow(), id_col=["host", "resource"], target_col="utilization")
    expected = {"group_forecasts": fleet.group_forecasts_, "group_outlook": fleet.group_outlook_}
    assert expected["group_outlook"].num_rows == 3
    sdf = frame(spark, rows.sample(fraction=1.0, shuffle=True, seed=partitions))
    with fleetcast.spark.forecast(sdf, partitions=partitions, duplicates="mean", attributes=known) as result:
        assert_same(result, expected)


@needs_xgboost
@pytest.mark.parametrize("models", [["Challenger", "XGBoost"], ["XGBoost"]])
def test_a_model_of_the_fleet_is_trained_on_the_driver(spark, models, monkeypatch):
    rows = odd_rows()
    models = [fleetcast.Champion(), *(getattr(fleetcast, model)() for model in models)]
    expected = one_process(rows, duplicates="mean", models=models)
    scores = set(expected["scores"].column("model").to_pylist())
    assert ("xgboost" in scores) == (len(models) == 3)
    # The first samples are too small, so that more is asked for.
    slacks = [1e-6, *fleetcast.spark._SLACKS]
    monkeypatch.setattr(fleetcast.spark, "_SLACKS", slacks)
    sdf = frame(spark, rows.sample(fraction=1.0, shuffle=True, seed=1))
    with fleetcast.spark.forecast(sdf, partitions=3, duplicates="mean", models=models) as result:
        assert_same(result, expected)


def test_packed_rows_are_told_by_their_array(spark):
    rows = odd_rows().filter(pl.col("host").str.starts_with("h"), pl.col("ds").is_not_null(), pl.col("resource").is_not_null())
    rows = rows.unique(["host", "ds"], keep="first", maintain_order=True)
    expected = one_process(rows)
    # A series in two pieces, of which one begins with a gap.
    packed = []
    for (host,), one in rows.group_by("host"):
        of_day = dict(zip(one["ds"], one["utilization"]))
        first = min(of_day)
        for begin, end in ((0, 500), (500, 1096)):
            days = [first + datetime.timedelta(days=day) for day in range(begin, end)]
            packed.append((host, "disk", days[0], [of_day[day] for day in days]))
    schema = "host string, resource string, ds date, utilization array<double>"
    with fleetcast.spark.forecast(spark.createDataFrame(packed, schema)) as result:
        assert_same(result, expected)


def test_a_packed_row_without_values_is_not_lost(spark):
    days = [float(day % 7) for day in range(400)]
    rows = [("a", datetime.date(2025, 1, 1), days), ("b", datetime.date(2025, 1, 1), []), ("c", datetime.date(2025, 1, 1), None)]
    sdf = spark.createDataFrame(rows, "unique_id string, ds date, y array<double>")
    with fleetcast.spark.forecast(sdf, id_cols="unique_id", target_col="y") as result:
        assert [row.unique_id for row in result.forecasts.select("unique_id").distinct().collect()] == ["a"]
        errors = result.issues.filter("severity = 'error'").select("unique_id", "code").collect()
        assert sorted(map(tuple, errors)) == [("b", "no_history"), ("c", "no_history")]


def test_names_levels_limits_and_as_of_are_as_in_one_process(spark):
    rows = pl.concat([series({"unique_id": name}, 40.0, 0.03) for name in ("7", "12")]).with_columns(pl.col("unique_id").cast(pl.Int64))
    limits = pl.DataFrame({"unique_id": [None, 12], "capacity": [80.0, 200.0]}, schema={"unique_id": pl.Int64, "capacity": pl.Float64})
    as_of = datetime.date(2025, 11, 30)
    fleet = fleetcast.FleetForecast(limits=limits, as_of=as_of, metric="wape")
    fleet.forecast(rows.to_arrow(), h=60)
    expected = {name: getattr(fleet, attribute) for name, attribute in TABLES.items()}
    sdf = frame(spark, rows, "unique_id bigint, ds date, y double")
    for given in (limits, frame(spark, limits, "unique_id bigint, capacity double")):
        with fleetcast.spark.forecast(
            sdf, as_of=as_of, h=60, id_cols="unique_id", target_col="y", limits=given, metric="wape"
        ) as result:
            assert_same(result, expected)
    with fleetcast.spark.forecast(sdf, as_of=as_of, h=60, level=(50, 95), id_cols=["unique_id"], target_col="y") as result:
        half = result.forecasts.selectExpr("max(yhat_upper - yhat_lower) AS width").first().width
    eighty = expected["forecasts"].to_pylist()
    assert 0 < half < max(row["yhat_upper"] - row["yhat_lower"] for row in eighty)


def weekly(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("ds").dt.weekday() == 1)


def twice(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([rows, rows.filter(pl.col("host") == "db-01", pl.col("ds") == AS_OF)])


REFUSED = {
    "weekly": (lambda spark, rows: frame(spark, weekly(rows)), {}, "column `ds` goes by steps of 7 days, as in db-01/disk"),
    "twice": (
        lambda spark, rows: frame(spark, twice(rows)),
        {},
        "column `ds` has days more than once in 1 of 2 series, first in db-01/disk",
    ),
    "a zone": (
        lambda spark, rows: frame(spark, rows).withColumn("ds", F.to_timestamp("ds")),
        {},
        "column `ds` is a timestamp, an instant whose day depends on the session's time zone .*to_date",
    ),
    "times of day": (
        lambda spark, rows: frame(spark, rows).selectExpr(
            "host", "resource", "cast(ds as timestamp_ntz) + interval 6 hours as ds", "utilization"
        ),
        {},
        r"column `ds` has times of day \(20",
    ),
    "a text as a day": (
        lambda spark, rows: frame(spark, rows).withColumn("ds", F.col("ds").cast("string")),
        {},
        r"column `ds` is string, not a date; convert it: sdf.withColumn\('ds', F.to_date\('ds'\)\)",
    ),
    "a text as a number": (
        lambda spark, rows: frame(spark, rows).withColumn("utilization", F.lit("5")),
        {},
        "column `utilization` is string, not a number a day",
    ),
    "a number that is no name": (
        lambda spark, rows: frame(spark, rows).withColumn("host", F.lit(1.5)),
        {},
        r"column `host` is .*, and names a series; convert it to text",
    ),
    "no such column": (lambda spark, rows: frame(spark, rows).drop("resource"), {}, "there is no column `resource`, only host, ds"),
    "nothing": (lambda spark, rows: frame(spark, rows.clear()), {}, "no row has both a day in column `ds`"),
    "levels": (lambda spark, rows: frame(spark, rows), {"level": (50, 80)}, "one level of your choice and at 95"),
    "threads": (lambda spark, rows: frame(spark, rows), {"n_jobs": 2}, "n_jobs is no option here"),
    "partitions": (lambda spark, rows: frame(spark, rows), {"partitions": 0}, "partitions is 0; give at least 1"),
    "limits": (
        lambda spark, rows: frame(spark, rows),
        {"limits": pl.DataFrame({"host": ["a"], "resource": ["disk"], "capacity": [1.0], "floor": [2.0]})},
        "limits of a, disk cannot be used",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_forecast_is_refused_by_name(spark, case):
    make, options, message = REFUSED[case]
    rows = pl.concat([series({"host": host, "resource": "disk"}, 40.0, 0.0, target="utilization") for host in ("web-01", "db-01")])
    batch = spark.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch")
    with pytest.raises(ValueError, match=message):
        fleetcast.spark.forecast(make(spark, rows), **options)
    assert spark.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") == batch


def test_a_task_refuses_more_than_it_can_hold(monkeypatch):
    monkeypatch.setattr(fleetcast.spark, "_MOST_VALUES", 2000)
    rows = series({"host": "a", "resource": "cpu"}, 40.0, 0.0, target="utilization").to_arrow()
    names = {"ids": ["host", "resource"], "time": "ds", "target": "utilization"}
    pack = fleetcast.spark._packer(names, 8)
    assert len(list(pack(rows.to_batches()))) == 2
    with pytest.raises(ValueError, match="a task has more than 2000 values to group.*say partitions=32, more than the 8 of now"):
        list(pack(rows.to_batches() * 2))


def test_parts_of_a_table_have_one_schema():
    """A part without nulls and one with them are not told apart by Spark, which refuses the second."""
    whole = pa.table({"threshold": [1.0]}, pa.schema([pa.field("threshold", pa.float64(), nullable=False)]))
    bodies = [fleetcast.spark._encoded(table) for table in (whole, pa.table({"threshold": [None, 2.0]}))]
    schemas = [part.schema for part in fleetcast.spark._decoded(fleetcast.spark._staged("capacity_outlook", bodies))]
    assert len(schemas) == 2 and schemas[0].equals(schemas[1])
    assert schemas[0].field("threshold").nullable


def test_results_are_published_whole_or_not_at_all(spark, tmp_path):
    rows = series({"host": "a", "resource": "cpu"}, 40.0, 0.0, target="utilization")
    out = tmp_path / "out"
    with fleetcast.spark.forecast(frame(spark, rows), h=30) as result:
        result.write(str(out))
        tables = {"forecasts", "model_leaderboard", "backtest_scores", "interval_calibration", "capacity_outlook", "series_issues"}
        assert {place.name for place in out.iterdir()} == tables
        assert spark.read.parquet(str(out / "forecasts")).count() == 30
        with pytest.raises(ValueError, match="is there already; give another path, or mode='overwrite'"):
            result.write(str(out))
        result.write(str(out), mode="overwrite")
        before = sorted(out.rglob("*.parquet"))
        result.tables["series_issues"] = result.forecasts.select(F.raise_error(F.lit("a disk is full")).alias("x"))
        with pytest.raises(Exception, match="a disk is full"):
            result.write(str(out), mode="overwrite")
        assert sorted(out.rglob("*.parquet")) == before
        assert [place.name for place in tmp_path.iterdir()] == ["out"]

"""What a forecast returns, and in which shape."""

from __future__ import annotations

import datetime
import warnings

import duckdb
import fleetcast
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import AS_OF

pytestmark = pytest.mark.filterwarnings("ignore:.*have no forecast.*:UserWarning")

COLUMNS = [
    "unique_id",
    "ds",
    "fleetcast",
    "fleetcast-lo-95",
    "fleetcast-lo-80",
    "fleetcast-hi-80",
    "fleetcast-hi-95",
]


def test_the_columns_are_those_of_the_ecosystem(fleet):
    forecast = fleetcast.forecast(fleet, h=30, level=[80, 95])
    assert forecast.columns == COLUMNS
    assert forecast.schema["ds"] == fleet.schema["ds"]
    of_series = forecast.group_by("unique_id").agg(pl.len(), pl.col("ds").min()).sort("unique_id")
    assert of_series["unique_id"].to_list() == ["db-01", "web-01"]
    assert of_series["len"].to_list() == [30, 30]
    assert set(of_series["ds"]) == {AS_OF.replace(year=2026, month=1, day=1)}


def test_intervals_nest_at_any_level_and_hold_the_forecast(fleet):
    levels = [99, 50, 95, 80]
    forecast = fleetcast.forecast(fleet, h=60, level=levels)
    order = [f"fleetcast-lo-{level}" for level in (99, 95, 80, 50)]
    order += ["fleetcast"] + [f"fleetcast-hi-{level}" for level in (50, 80, 95, 99)]
    for narrow, wide in zip(order, order[1:]):
        assert (forecast[narrow] <= forecast[wide]).all(), (narrow, wide)
    assert (forecast["fleetcast-hi-99"] - forecast["fleetcast-lo-99"]).min() > 0


def test_the_same_kind_comes_out_with_the_same_numbers(fleet):
    table = fleet.to_arrow()
    frames = {
        "polars": fleet,
        "lazy": fleet.lazy(),
        "pandas": fleet.to_pandas(),
        "pyarrow": table,
        "duckdb": duckdb.from_arrow(table),
    }
    kinds = {
        "polars": pl.DataFrame,
        "lazy": pl.LazyFrame,
        "pandas": pd.DataFrame,
        "pyarrow": pa.Table,
        "duckdb": duckdb.DuckDBPyRelation,
    }
    arrow = {
        "polars": pl.DataFrame.to_arrow,
        "lazy": lambda lazy: lazy.collect().to_arrow(),
        "pandas": pa.Table.from_pandas,
        "pyarrow": lambda table: table,
        "duckdb": lambda relation: relation.to_arrow_table(),
    }
    values = {}
    for kind, frame in frames.items():
        forecast = fleetcast.forecast(frame, h=14, level=[80])
        assert isinstance(forecast, kinds[kind]), kind
        as_arrow = arrow[kind](forecast)
        values[kind] = [as_arrow[name].to_pylist() for name in ("unique_id", "fleetcast", "fleetcast-hi-80")]
    assert all(value == values["polars"] for value in values.values())


def test_days_come_out_as_they_went_in(fleet):
    for kind in (pl.Date, pl.Datetime("ms"), pl.Datetime("ns"), pl.Datetime("us", "UTC")):
        frame = fleet.with_columns(pl.col("ds").cast(pl.Datetime("us")).cast(kind) if kind == pl.Date else _as(kind))
        forecast = fleetcast.forecast(frame, h=3)
        assert forecast.schema["ds"] == kind
        assert forecast["ds"].dt.date().max() == AS_OF.replace(year=2026, month=1, day=3)
    # pandas' own days, and Python's.
    frame = fleet.to_pandas()
    objects = frame.assign(ds=pd.Series(fleet["ds"].to_list(), dtype=object))
    stamps = frame.assign(ds=pd.to_datetime(frame["ds"]))
    assert type(fleetcast.forecast(objects, h=2)["ds"].iloc[0]) is type(AS_OF)
    forecast = fleetcast.forecast(stamps, h=2)
    assert forecast["ds"].dtype == stamps["ds"].dtype
    assert not forecast.merge(stamps.assign(ds=stamps["ds"] + pd.Timedelta(days=1)), on=["unique_id", "ds"]).empty


def _as(kind):
    zone = kind.time_zone
    stamps = pl.col("ds").cast(pl.Datetime(kind.time_unit))
    return stamps if zone is None else stamps.dt.replace_time_zone(zone)


def test_whole_numbers_and_categories_name_series(fleet):
    ranks = {"web-01": 7, "db-01": 11, "new-01": 3}
    numbers = fleet.with_columns(pl.col("unique_id").replace_strict(ranks, return_dtype=pl.Int64))
    forecast = fleetcast.forecast(numbers, h=2)
    assert forecast["unique_id"].unique().sort().to_list() == [7, 11]
    categories = fleet.with_columns(pl.col("unique_id").cast(pl.Categorical))
    text = fleetcast.forecast(fleet, h=2)
    assert fleetcast.forecast(categories, h=2)["fleetcast"].equals(text["fleetcast"])


def test_columns_may_have_other_names(fleet):
    renamed = fleet.rename({"unique_id": "sensor", "ds": "day", "y": "load"})
    forecast = fleetcast.forecast(renamed, h=5, id_col="sensor", time_col="day", target_col="load")
    assert forecast.columns == ["sensor", "day", "fleetcast"]
    assert forecast["fleetcast"].equals(fleetcast.forecast(fleet, h=5)["fleetcast"])


def test_host_and_resource_name_a_series_together(hosts):
    fleet = fleetcast.FleetForecast()
    forecast = fleet.forecast(hosts, h=180)
    assert forecast.columns == ["host", "resource", "ds", "fleetcast"]
    # A disk is a percentage by its name and its values: full is 80.
    assert fleet.outlook_["threshold"].unique().to_list() == [80.0]
    renamed = hosts.rename({"host": "server", "resource": "metric"})
    other = fleetcast.forecast(renamed, h=180, id_col=["server", "metric"])
    assert other.columns == ["server", "metric", "ds", "fleetcast"]
    assert other["fleetcast"].equals(forecast["fleetcast"])


def test_results_do_not_depend_on_threads_rows_or_chunks(hosts):
    one = fleetcast.forecast(hosts, h=30, level=[80], n_jobs=1)
    shuffled = hosts.sample(fraction=1.0, shuffle=True, seed=7)
    chunks = pl.concat([shuffled[:1000], shuffled[1000:]], rechunk=False)
    two = fleetcast.forecast(chunks, h=30, level=[80], n_jobs=2)
    assert one.equals(two)


def test_tables_are_those_of_the_contract(fleet):
    limits = pl.DataFrame({"unique_id": ["db-01", None], "capacity": [100.0, 60.0]})
    forecaster = fleetcast.FleetForecast(limits=limits)
    forecaster.forecast(fleet, h=90)
    assert forecaster.leaderboard_.columns[:3] == ["unique_id", "winner", "prophet_mape"]
    outlook = forecaster.outlook_.sort("unique_id")
    assert outlook["unique_id"].to_list() == ["db-01", "web-01"]
    assert outlook["capacity"].to_list() == [100.0, 60.0]
    assert outlook["threshold"].to_list() == [80.0, 48.0]
    assert outlook["limits_from"].to_list() == ["host", "resource"]
    assert set(forecaster.scores_["model"]) == {"prophet", "challenger", "seasonal_naive", "blend"}
    assert forecaster.forecasts_.height == 180


def test_limits_hold_from_a_day_on(fleet):
    planned = AS_OF + datetime.timedelta(days=10)
    limits = pl.DataFrame({
        "unique_id": ["db-01", "db-01"], "capacity": [1000.0, 1.0], "threshold": [900.0, 0.5], "valid_from": [None, planned]
    })
    forecaster = fleetcast.FleetForecast(limits=limits)
    forecast = forecaster.forecast(fleet, h=30).filter(pl.col("unique_id") == "db-01").sort("ds")
    assert (forecast["fleetcast"][:9] > 1.0).all()
    assert (forecast["fleetcast"][9:] <= 1.0).all()
    outlook = forecaster.outlook_.filter(pl.col("unique_id") == "db-01").row(0, named=True)
    assert (outlook["capacity"], outlook["full_on"]) == (1000.0, planned)


def test_a_series_without_a_forecast_is_never_missing_silently(fleet):
    forecaster = fleetcast.FleetForecast()
    with pytest.warns(UserWarning, match=r"1 of 3 series have no forecast \(new-01\)"):
        forecaster.forecast(fleet, h=30)
    of_new = forecaster.issues_.filter(unique_id="new-01", severity="error")
    assert of_new["code"].to_list() == ["too_short"]
    with pytest.warns(UserWarning, match="1 of 3"):
        fleetcast.FleetForecast(judge=False).forecast(fleet, h=30)


def test_rows_without_a_name_or_a_day_are_issues(fleet):
    loose = pl.DataFrame({"unique_id": ["web-01", None], "ds": [None, AS_OF], "y": [1.0, 2.0]})
    forecaster = fleetcast.FleetForecast()
    forecaster.forecast(pl.concat([fleet, loose]), h=5)
    assert "unusable_key" in set(forecaster.issues_["code"])


def test_models_without_a_judge_have_columns_of_their_own(fleet):
    both = fleetcast.FleetForecast(judge=False)
    forecast = both.forecast(fleet, h=30, level=[50, 90])
    assert forecast.columns == ["unique_id", "ds"] + [
        f"{model}{bound}"
        for model in ("Champion", "Challenger")
        for bound in ("", "-lo-90", "-lo-50", "-hi-50", "-hi-90")
    ]
    assert (forecast["Champion-lo-90"] < forecast["Champion-lo-50"]).all()
    champion = fleetcast.FleetForecast([fleetcast.Champion()], judge=False).forecast(fleet, h=30)
    assert champion["Champion"].equals(forecast["Champion"])
    exact = fleetcast.FleetForecast([fleetcast.Champion(mode="exact")], judge=False).forecast(fleet, h=30)
    assert not exact["Champion"].equals(forecast["Champion"])
    # Who is not asked says nothing.
    assert "nobody" not in set(both.issues_["engine"])
    with pytest.raises(AttributeError, match="without a judge"):
        both.leaderboard_


def test_the_judge_chooses_what_a_model_forecasts(fleet):
    judged = fleetcast.FleetForecast()
    forecast = judged.forecast(fleet, h=30)
    alone = fleetcast.FleetForecast(judge=False).forecast(fleet, h=30)
    column = {"prophet": "Champion", "challenger": "Challenger"}
    winners = dict(judged.leaderboard_.select("unique_id", "golden").iter_rows())
    assert set(winners) == {"db-01", "web-01"}
    for name, winner in winners.items():
        assert forecast.filter(unique_id=name)["fleetcast"].equals(
            alone.filter(unique_id=name)[column[winner]].rename("fleetcast")
        )


def test_an_end_of_the_data_may_be_set(fleet):
    earlier = AS_OF.replace(month=6, day=30)
    known = fleet.filter(pl.col("ds") <= earlier)
    given = fleetcast.forecast(fleet, h=30, as_of=earlier)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert given.equals(fleetcast.forecast(known, h=30))


def test_groups_of_hosts_are_forecast_from_their_members(hosts):
    names = hosts["host"].unique().sort().to_list()
    known = pl.DataFrame({"host": names, "site": ["ber"] * len(names), "disk_capacity": list(range(1, len(names) + 1))})
    forecaster = fleetcast.FleetForecast(attributes=known)
    forecaster.forecast(hosts, h=60)
    outlook = forecaster.group_outlook_.row(0, named=True)
    assert (outlook["key"], outlook["value"], outlook["resource"]) == ("site", "ber", "disk")
    assert outlook["members"] == forecaster.outlook_.height
    sized = forecaster.forecasts_.join(known, on="host")
    means = sized.group_by("ds").agg((pl.col("yhat") * pl.col("disk_capacity")).sum() / pl.col("disk_capacity").sum()).sort("ds")
    assert forecaster.group_forecasts_["yhat"].to_list() == pytest.approx(means["yhat"].to_list(), rel=1e-12)
    # Long rows say the same.
    long = known.with_columns(pl.col("disk_capacity").cast(pl.String)).unpivot(index="host", variable_name="key")
    other = fleetcast.FleetForecast(attributes=long.to_pandas())
    other.forecast(hosts, h=60)
    assert other.group_forecasts_.equals(forecaster.group_forecasts_)


def test_percentages_of_hosts_of_unknown_size_are_not_added_up(hosts):
    names = hosts["host"].unique().sort().to_list()
    forecaster = fleetcast.FleetForecast(attributes=pl.DataFrame({"host": names, "site": "ber"}))
    with pytest.warns(UserWarning, match="disk of 1 group by site is not added up.*disk_capacity"):
        forecaster.forecast(hosts, h=30)
    assert forecaster.group_outlook_.height == 0
    with pytest.raises(AttributeError, match="without attributes"):
        fleetcast.FleetForecast().group_outlook_
    twice = pl.DataFrame({"host": ["a", "a"], "site": ["ber", "fra"]})
    with pytest.raises(ValueError, match="attributes say `ber` and `fra` in site of host a"):
        fleetcast.FleetForecast(attributes=twice).forecast(hosts, h=30)


def test_days_that_are_known_are_expected_where_they_made_a_difference():
    first = datetime.date(2023, 1, 2)
    days = [first + datetime.timedelta(days=day) for day in range(1096)]
    releases = [datetime.date(2023, 9, 13), datetime.date(2024, 2, 14), datetime.date(2024, 7, 10), datetime.date(2025, 6, 11)]
    to_come = datetime.date(2026, 1, 14)
    quiet = {datetime.date(year, month, day) for year in (2023, 2024, 2025) for month, day in ((5, 1), (10, 3), (12, 25), (12, 26))}

    def value(host, day):
        rests = day.weekday() >= 5 or day in quiet
        return (40.0 if rests else 100.0) * (1.5 if day in releases and host == "a" else 1.0) + day.toordinal() * 7919 % 13 / 5

    rows = pl.DataFrame([(host, "requests", day, value(host, day)) for host in "ab" for day in days], schema=["host", "resource", "ds", "y"], orient="row")
    events = pl.DataFrame({"ds": [*releases, to_come], "name": "release", "host": "a"})
    holidays = dict.fromkeys(sorted(quiet), "quiet") | {datetime.date(2026, 5, 1): "quiet"}
    plain = fleetcast.FleetForecast().forecast(rows)
    known = fleetcast.FleetForecast(events=events, holidays=holidays).forecast(rows)

    def on(frame, host, day):
        return frame.filter(pl.col("host") == host, pl.col("ds") == day)["fleetcast"].item()

    assert on(known, "a", to_come) > 1.35 * on(plain, "a", to_come)
    assert on(known, "b", to_come) < 1.1 * on(plain, "b", to_come)
    holiday = datetime.date(2026, 5, 1)
    assert on(known, "b", holiday) < 0.6 * on(plain, "b", holiday)
    with pytest.raises(ValueError, match="events have no column `name`, only ds"):
        fleetcast.FleetForecast(events=events.select("ds")).forecast(rows)

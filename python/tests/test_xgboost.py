"""XGBoost, one model for the whole fleet, as a contender."""

from __future__ import annotations

import os
import subprocess

import duckdb
import fleetcast
import polars as pl
import pytest
from conftest import AS_OF, needs_xgboost, rows_of, series
from fleetcast import Challenger, Champion, XGBoost
from fleetcast._models import xgboost_library

pytestmark = needs_xgboost

ALL = [Champion(), Challenger(), XGBoost()]


@pytest.fixture(scope="module")
def eight() -> pl.DataFrame:
    """Eight hosts' sessions of three years."""
    return pl.concat(
        [series({"unique_id": f"host-{n}"}, 40.0 + 9 * n, 0.01 * (n - 2)) for n in range(8)]
    )


@pytest.fixture(scope="module")
def judged(eight):
    fleet = fleetcast.FleetForecast(ALL)
    fleet.forecast_ = fleet.forecast(eight, level=[80, 90])
    return fleet


def test_it_stands_beside_champion_and_challenger(judged, eight):
    assert judged.leaderboard_["xgboost_mape"].is_not_null().all()
    assert (judged.leaderboard_["weight_xgboost"] > 0).all()
    assert "xgboost" in set(judged.scores_["model"])
    assert judged.forecast_.drop_nulls().height == 8 * 180
    assert (judged.forecast_["fleetcast-lo-90"] <= judged.forecast_["fleetcast-lo-80"]).all()
    without = fleetcast.FleetForecast()
    without.forecast(eight)
    for column in ("prophet_mape", "challenger_mape", "naive_mape"):
        assert judged.leaderboard_[column].to_list() == without.leaderboard_[column].to_list(), column
    assert without.leaderboard_["xgboost_mape"].is_null().all()


def test_neither_the_order_of_rows_nor_threads_change_a_digit(judged, eight):
    again = fleetcast.FleetForecast(ALL, n_jobs=1)
    forecast = again.forecast(eight.reverse(), level=[80, 90])
    assert forecast.equals(judged.forecast_)
    assert again.leaderboard_.equals(judged.leaderboard_)


def test_without_the_challenger_it_stands_in_its_place(eight):
    fleet = fleetcast.FleetForecast([Champion(), XGBoost()])
    fleet.forecast(eight)
    beside = fleetcast.FleetForecast(ALL)
    beside.forecast(eight)
    assert fleet.leaderboard_["challenger_mape"].to_list() == beside.leaderboard_["xgboost_mape"].to_list()
    assert fleet.leaderboard_["xgboost_mape"].is_null().all()


def test_without_a_judge_it_has_columns_of_its_own(eight):
    alone = fleetcast.FleetForecast([XGBoost()], judge=False).forecast(eight, h=30, level=[80, 95])
    assert alone.columns == ["unique_id", "ds", "XGBoost", "XGBoost-lo-95", "XGBoost-lo-80", "XGBoost-hi-80", "XGBoost-hi-95"]
    together = fleetcast.FleetForecast(ALL, judge=False).forecast(eight, h=30)
    assert together.columns == ["unique_id", "ds", "Champion", "Challenger", "XGBoost"]
    assert together["XGBoost"].to_list() == alone["XGBoost"].to_list()
    assert together["XGBoost"].to_list() != together["Challenger"].to_list()


def test_cutoffs_see_no_later_day(eight):
    """What is trained for a cutoff has seen nothing after it: other days there, the same forecast."""
    cutoff = AS_OF.replace(month=10, day=2)
    changed = eight.with_columns(pl.when(pl.col("ds") > cutoff).then(pl.col("y") * 7).otherwise(pl.col("y")).alias("y"))
    made = [
        fleetcast.cross_validation(frame, h=90, models=ALL).drop("y") for frame in (eight, changed)
    ]
    assert set(made[0]["cutoff"]) == {cutoff}
    assert made[0].equals(made[1])


def test_a_fleet_of_few_series_does_not_follow_it(fleet):
    judged = fleetcast.FleetForecast(ALL)
    with pytest.warns(UserWarning, match="1 of 3 series have no forecast"):
        judged.forecast(fleet)
    assert judged.leaderboard_["reason"].str.contains("xgboost is not followed: it has a backtest of 2 series, of 5 at least").all()


def test_a_young_fleet_has_nothing_of_it_and_is_told():
    young = pl.concat([series({"unique_id": f"host-{n}"}, 40.0, 0.01, days=300) for n in range(6)])
    fleet = fleetcast.FleetForecast(ALL)
    with pytest.warns(UserWarning, match="xgboost forecasts nothing: the fleet has 0 rows to train on, of 100 at least"):
        forecast = fleet.forecast(young)
    assert forecast["unique_id"].n_unique() == 6
    # It is said once, and not of each series.
    assert "xgboost" not in set(fleet.issues_["engine"])
    with pytest.raises(ValueError, match="xgboost has no models: 0 rows to train on, of 100 at least; .* or leave xgboost out"):
        fleetcast.FleetForecast([Champion(), XGBoost()]).forecast(young)
    with pytest.warns(UserWarning, match="cutoff 2025-12-01: xgboost forecasts nothing"):
        fleetcast.cross_validation(young, h=30, models=ALL)
    with pytest.raises(ValueError, match="cutoff 2025-12-01: xgboost has no models: 0 rows"):
        fleetcast.cross_validation(young, h=30, models=[Champion(), XGBoost()])


def test_what_is_missing_is_named(eight, monkeypatch, tmp_path):
    monkeypatch.delenv("FLEETCAST_XGBOOST", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'fleetcast\[xgboost\]'"):
        fleetcast.FleetForecast(ALL).forecast(eight)
    monkeypatch.setenv("FLEETCAST_XGBOOST", str(tmp_path))
    with pytest.raises(ValueError, match="xgboost"):
        fleetcast.FleetForecast(ALL).forecast(eight)
    with pytest.raises(ValueError, match="not a list"):
        fleetcast.FleetForecast(XGBoost())
    with pytest.raises(ValueError, match="with one of them twice"):
        fleetcast.FleetForecast([Champion(), XGBoost(), XGBoost()])
    with pytest.raises(ValueError, match="give Champion\\(\\) and another model, or judge=False"):
        fleetcast.FleetForecast([Challenger(), XGBoost()])


OF_XGBOOST = ["xgboost_forecasts", "xgboost_inner_forecasts", "models"]


def test_a_run_keeps_its_forecasts_and_models_while_it_stands_there(eight):
    con = duckdb.connect()
    frame = eight.to_arrow()
    con.execute("CREATE TABLE processed_data AS SELECT unique_id AS host, 'sessions' AS resource, ds, y AS utilization FROM frame")
    fleetcast.run(con, models=ALL)
    counts = [con.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in OF_XGBOOST]
    assert counts[0] > 8 * 180 and counts[1] > 0 and counts[2] == 3
    assert con.execute("SELECT xgboost_rows, config->>'$.xgboost.engine' FROM runs").fetchall() == [(counts[0], "xgboost")]
    fleetcast.run(con)
    assert [rows_of(con, table) for table in OF_XGBOOST] == [[], [], []]


@pytest.mark.skipif(not os.environ.get("FLEETCAST_PROGRAM"), reason="FLEETCAST_PROGRAM names no program")
@pytest.mark.filterwarnings("ignore:.*have no forecast.*:UserWarning")
def test_tables_equal_those_of_the_command_line(tmp_path):
    program, database = os.environ["FLEETCAST_PROGRAM"], str(tmp_path / "fleet.duckdb")
    subprocess.run([program, "demo", "--hosts", "20", "--db", database], check=True, capture_output=True)
    library = xgboost_library()
    run_all = [program, "run-all", "--quiet", "--contenders", "ets,xgboost", "--db", database]
    made = subprocess.run(run_all, capture_output=True, text=True, env=os.environ | ({"FLEETCAST_XGBOOST": library} if library else {}))
    if "built without" in made.stderr:
        pytest.skip("the program is built without XGBoost")
    assert made.returncode == 0, made.stderr
    tables = [*OF_XGBOOST, "model_leaderboard", "backtest_scores", "forecasts", "capacity_outlook", "series_issues"]
    with duckdb.connect(database) as con:
        theirs = {table: rows_of(con, table) for table in tables}
        (config,) = con.execute("SELECT config FROM runs").fetchone()
    other = duckdb.connect()
    other.execute(f"ATTACH '{database}' AS fleet (READ_ONLY)")
    other.execute("CREATE TABLE processed_data AS FROM fleet.main.processed_data")
    fleetcast.run(other, models=ALL)
    for table in tables:
        assert rows_of(other, table) == theirs[table], table
    assert other.execute("SELECT config FROM runs").fetchone() == (config,)

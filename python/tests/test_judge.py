"""Other people's forecasts as contenders."""

from __future__ import annotations

import datetime

import fleetcast
import polars as pl
import pytest
from conftest import AS_OF


def given(fleet: pl.DataFrame, cutoffs: list[datetime.date], value, name: str = "mine") -> pl.DataFrame:
    """Forecasts of every series from some cutoffs to 180 days after the last of 2025: `value` of what comes, or the mean."""
    rows = []
    for (series,), frame in fleet.group_by("unique_id", maintain_order=True):
        known = dict(frame.select("ds", "y").iter_rows())
        mean = frame["y"].mean()
        for cutoff in cutoffs:
            days = 180 if cutoff == AS_OF else (AS_OF - cutoff).days
            ahead = [cutoff + datetime.timedelta(days=day) for day in range(1, days + 1)]
            rows += [(series, cutoff, day, value(known.get(day, mean))) for day in ahead]
    return pl.DataFrame(rows, schema=["unique_id", "cutoff", "ds", name], orient="row")


@pytest.fixture(scope="module")
def two(fleet):
    return fleet.filter(pl.col("unique_id") != "new-01")


@pytest.fixture(scope="module")
def cutoffs(two):
    windows = fleetcast.windows(two)
    assert windows["as_of"] == AS_OF
    return [windows["origin"], windows["as_of"]]


def test_a_perfect_model_wins_and_is_the_forecast(two, cutoffs):
    mine = given(two, cutoffs, lambda value: value)
    fleet = fleetcast.judge(two, {"mine": mine})
    assert fleet.leaderboard_["winner"].to_list() == ["challenger", "challenger"]
    assert fleet.leaderboard_["challenger_mape"].to_list() == [0.0, 0.0]
    of_future = mine.filter(pl.col("cutoff") == AS_OF).sort("unique_id", "ds")
    assert fleet.forecast_["fleetcast"].to_list() == of_future["mine"].to_list()
    assert fleet.outlook_.height == 2


def test_a_poor_model_loses(two, cutoffs):
    poor = given(two, cutoffs, lambda value: 3 * value)
    fleet = fleetcast.judge(two, {"mine": poor}, level=[80])
    assert fleet.leaderboard_["winner"].to_list() == ["prophet", "prophet"]
    own = fleetcast.FleetForecast(judge=False).forecast(two)
    assert fleet.forecast_["fleetcast"].to_list() == own["Champion"].to_list()


def test_two_models_stand_against_each_other(two, cutoffs):
    good = given(two, cutoffs, lambda value: value + 0.1, name="good")
    poor = given(two, cutoffs, lambda value: value + 9.0, name="poor")
    winner = {}
    for order in ([("good", good), ("poor", poor)], [("poor", poor), ("good", good)]):
        fleet = fleetcast.judge(two, dict(order))
        winner[order[0][0]] = fleet.leaderboard_["winner"].to_list()
    assert winner == {"good": ["prophet"] * 2, "poor": ["challenger"] * 2}


def test_any_number_of_models_stand_against_each_other(two, cutoffs):
    models = {name: given(two, cutoffs, lambda value, off=off: value + off, name=name) for off, name in ((9.0, "a"), (7.0, "b"), (5.0, "c"), (0.1, "d"))}
    fleet = fleetcast.judge(two, models)
    assert fleet.leaderboard_["winner"].to_list() == ["d", "d"]
    scored = fleet.scores_.filter(origin=cutoffs[0])
    assert {"prophet", "challenger", "c", "d"} <= set(scored["model"])
    of_future = models["d"].filter(pl.col("cutoff") == AS_OF).sort("unique_id", "ds")
    assert fleet.forecast_["fleetcast"].to_list() == of_future["d"].to_list()


def test_earlier_cutoffs_make_calibrated_intervals(two, cutoffs):
    """Errors of the past are what intervals are made from: with some known before the backtest, more days are."""
    earlier = [cutoffs[0] - datetime.timedelta(days=back) for back in (360, 240, 120)]
    wrong = 0.05

    def alternating(value):
        nonlocal wrong
        wrong = -wrong
        return value + wrong

    few = fleetcast.judge(two, {"mine": given(two, cutoffs, alternating)}, level=[80])
    many = fleetcast.judge(two, {"mine": given(two, earlier + cutoffs, alternating)}, level=[80])
    assert (many.calibration_["error_days"] > few.calibration_["error_days"]).all()
    assert set(many.scores_.filter(model="challenger")["origin"]) == {*earlier, cutoffs[0]}


def test_what_is_not_given_is_named(two, cutoffs):
    mine = given(two, cutoffs, lambda value: value)
    with pytest.raises(ValueError, match="forecasts of `mine` have no column `cutoff`, only unique_id, ds, mine"):
        fleetcast.judge(two, {"mine": mine.drop("cutoff")})
    with pytest.raises(ValueError, match="forecasts of `mine` have no column `yhat`"):
        fleetcast.judge(two, {"mine": mine.rename({"mine": "other"})})
    with pytest.raises(ValueError, match="forecasts of `mine`: db-01 has .* twice from cutoff"):
        fleetcast.judge(two, {"mine": pl.concat([mine, mine.filter(unique_id="db-01").head(1)])})
    with pytest.raises(ValueError, match="no model is given"):
        fleetcast.judge(two, {})
    with pytest.raises(ValueError, match="cannot be called `xgboost`, whose place is that of XGBoost"):
        fleetcast.judge(two, {"mine": mine, "yours": mine.rename({"mine": "yours"}), "xgboost": mine.rename({"mine": "xgboost"})})
    with pytest.raises(ValueError, match="a further engine cannot be called `blend`"):
        fleetcast.judge(two, {"mine": mine, "yours": mine.rename({"mine": "yours"}), "blend": mine.rename({"mine": "blend"})})
    # A series that a model has no forecast of is forecast by the other, and it is said.
    fleet = fleetcast.judge(two, {"mine": mine.filter(unique_id="db-01")})
    assert fleet.forecast_["unique_id"].n_unique() == 2
    of_web = fleet.issues_.filter(unique_id="web-01", stage="challenger")
    assert of_web["severity"].to_list() == ["error"]
    assert f"`mine` has no forecast of all 180 days after {AS_OF}" in of_web["message"][0]


def test_a_forecast_of_fleetcasts_own_may_be_given(two, cutoffs):
    """What cross_validation and forecast return, with a cutoff, is what judge takes."""
    back = (AS_OF - cutoffs[0]).days
    past = fleetcast.cross_validation(two, h=back)
    future = fleetcast.forecast(two, h=180).with_columns(pl.lit(AS_OF).alias("cutoff"))
    columns = ["unique_id", "cutoff", "ds", "fleetcast"]
    again = pl.concat([past.select(columns), future.select(columns)])
    fleet = fleetcast.judge(two, {"fleetcast": again})
    assert fleet.leaderboard_.height == 2

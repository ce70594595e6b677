"""Forecasts from cutoffs in the past."""

from __future__ import annotations

import datetime

import fleetcast
import polars as pl
import pytest
from conftest import AS_OF

pytestmark = pytest.mark.filterwarnings("ignore:.*have no forecast.*:UserWarning")


def test_cutoffs_stand_step_days_apart_and_values_beside_forecasts(fleet):
    cv = fleetcast.cross_validation(fleet, h=28, n_windows=3, step_size=14, level=[80])
    assert cv.columns == ["unique_id", "ds", "cutoff", "y", "fleetcast", "fleetcast-lo-80", "fleetcast-hi-80"]
    cutoffs = cv["cutoff"].unique().sort().to_list()
    last = AS_OF - datetime.timedelta(days=28)
    assert cutoffs == [last - datetime.timedelta(days=14 * back) for back in (2, 1, 0)]
    assert ((cv["ds"] - cv["cutoff"]).dt.total_days().is_between(1, 28)).all()
    beside = cv.join(fleet, on=["unique_id", "ds"], suffix="_data")
    assert beside.height == cv.height and beside["y"].equals(beside["y_data"].rename("y"))


def test_nothing_after_a_cutoff_is_seen(fleet):
    """Other values after the cutoff make no other forecast."""
    cutoff = AS_OF - datetime.timedelta(days=30)
    other = fleet.with_columns(pl.when(pl.col("ds") > cutoff).then(1000.0).otherwise(pl.col("y")).alias("y"))
    first, second = (fleetcast.cross_validation(frame, h=30, level=[80, 95]) for frame in (fleet, other))
    assert not first["y"].equals(second["y"])
    columns = [name for name in first.columns if name.startswith("fleetcast")]
    assert first.select(columns).equals(second.select(columns))


def test_a_window_is_the_forecast_as_of_its_cutoff(fleet):
    cutoff = AS_OF - datetime.timedelta(days=30)
    cv = fleetcast.cross_validation(fleet, h=30)
    assert cv["fleetcast"].equals(fleetcast.forecast(fleet, h=30, as_of=cutoff)["fleetcast"])


def test_days_without_a_value_are_null(fleet):
    gap = AS_OF - datetime.timedelta(days=5)
    cv = fleetcast.cross_validation(fleet.filter(pl.col("ds") != gap), h=10)
    assert cv.filter(ds=gap)["y"].to_list() == [None, None]
    assert cv["y"].null_count() == 2


def test_models_without_a_judge(fleet):
    cv = fleetcast.FleetForecast(judge=False).cross_validation(fleet, h=10, n_windows=2)
    assert cv.columns == ["unique_id", "ds", "cutoff", "y", "Champion", "Challenger"]


def test_windows_and_steps_are_checked(fleet):
    with pytest.raises(ValueError, match="n_windows is 0; give at least 1"):
        fleetcast.cross_validation(fleet, n_windows=0)
    with pytest.raises(ValueError, match="step_size is 0; give at least 1 day"):
        fleetcast.cross_validation(fleet, step_size=0)

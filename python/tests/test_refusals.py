"""What cannot be forecast is refused by name, with the way out."""

from __future__ import annotations

import datetime

import fleetcast
import pandas as pd
import polars as pl
import pytest
from conftest import AS_OF


def _zoned(frame):
    return frame.with_columns(pl.col("ds").cast(pl.Datetime).dt.replace_time_zone("Europe/Berlin"))


def _hourly(frame):
    return frame.with_columns(pl.col("ds").cast(pl.Datetime) + pl.duration(hours=6))


def _weekly(frame):
    return frame.filter(pl.col("ds").dt.weekday() == 1)


def _twice(frame):
    return pl.concat([frame, frame.filter(unique_id="db-01", ds=AS_OF)])


REFUSED = {
    "no names": (lambda frame: frame.rename({"unique_id": "series"}), "there is no column `unique_id`, only series, ds, y"),
    "no days": (lambda frame: frame.drop("ds"), "there is no column `ds`"),
    "days as text": (lambda frame: frame.with_columns(pl.col("ds").cast(pl.String)), r"column `ds` is .*, not a date or a timestamp; convert it, such as pd.to_datetime"),
    "values as text": (lambda frame: frame.with_columns(pl.col("y").cast(pl.String)), "column `y` is .*, not a number"),
    "names as numbers with a point": (lambda frame: frame.with_columns(unique_id=pl.lit(1.5)), "column `unique_id` is Float64, and names a series"),
    "a time zone": (_zoned, "column `ds` has the time zone Europe/Berlin, and a day has none"),
    "times of day": (_hourly, r"column `ds` has times of day \(.*06:00:00\), and fleetcast takes one value a day; aggregate first"),
    "weeks": (_weekly, "column `ds` goes by steps of 7 days, as in db-01, and fleetcast forecasts days"),
    "a day twice": (_twice, 'column `ds` has days more than once in 1 of 3 series, first in db-01; .* or say duplicates="mean"'),
    "no value": (lambda frame: frame.with_columns(y=pl.lit(None, dtype=pl.Float64)), "no row has both a day in column `ds` and a number in column `y`"),
    "no row": (lambda frame: frame.clear(), "no row has both"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
@pytest.mark.parametrize("kind", ["polars", "pandas"])
def test_frames_that_are_no_fleet(fleet, case, kind):
    change, message = REFUSED[case]
    frame = change(fleet)
    if kind == "pandas":
        frame = frame.to_pandas()
        if case == "no value":
            frame["y"] = frame["y"].astype(float)
    with pytest.raises(ValueError, match=message):
        fleetcast.forecast(frame, h=30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"h": 0}, "1 to 3660|1 to 3,660"),
        ({"level": [80, 80]}, "one of them twice"),
        ({"level": [0]}, "level 0 is no level; give percent between 0 and 100"),
        ({"level": 120}, "level 120 is no level"),
        ({"freq": "W"}, "freq is 'W', and fleetcast forecasts days"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"metric": "r2"}, "r2"),
        ({"golden": "both"}, "there is no golden record `both`; give winner or blend"),
        ({"sustained": "8/7"}, "is no rule for sustained crossings"),
        ({"duplicates": "last"}, "duplicates is 'last'; give 'error' or 'mean'"),
        ({"models": [fleetcast.Champion()]}, "the judge chooses between Champion"),
        ({"models": []}, "models is"),
        ({"models": ["AutoARIMA"]}, "other models stand against them by their forecasts"),
        ({"as_of": "yesterday"}, "as_of: "),
        ({"id_col": ["a", "b", "c"]}, "give the column that names a series, or those of its host and resource"),
        ({"train_months": 0}, "month"),
    ],
)
def test_arguments(fleet, arguments, message):
    with pytest.raises(ValueError, match=message):
        fleetcast.forecast(fleet, **({"h": 30} | arguments))


def test_what_is_no_frame(fleet):
    with pytest.raises(ValueError, match="df is dict, not a frame of pandas, polars or pyarrow"):
        fleetcast.forecast({"ds": []})
    with pytest.raises(ValueError, match="limits is list, not a frame"):
        fleetcast.forecast(fleet, limits=[80])


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"unique_id": ["db-01"], "capacity": [100.0], "threshold": [120.0]}, "threshold 120 lies above capacity 100; give floor <= threshold <= capacity"),
        ({"unique_id": ["db-01"]}, "neither floor nor capacity nor threshold"),
    ],
)
def test_limits(fleet, limits, message):
    with pytest.raises(ValueError, match=message):
        fleetcast.forecast(fleet, h=30, limits=pl.DataFrame(limits))


def test_a_day_twice_may_be_averaged(fleet):
    twice = pl.concat([fleet, fleet.filter(unique_id="db-01", ds=AS_OF).with_columns(pl.col("y") + 2)])
    mean = fleet.with_columns(
        pl.when((pl.col("unique_id") == "db-01") & (pl.col("ds") == AS_OF)).then(pl.col("y") + 1).otherwise(pl.col("y")).alias("y")
    )
    with pytest.warns(UserWarning, match="have no forecast"):
        forecast = fleetcast.forecast(twice, h=30, duplicates="mean")
    with pytest.warns(UserWarning, match="have no forecast"):
        assert forecast["fleetcast"].to_list() == pytest.approx(fleetcast.forecast(mean, h=30)["fleetcast"].to_list(), abs=1e-9)


def test_days_of_work_are_daily(hosts):
    """A fleet that is measured on working days is a daily one."""
    working = hosts.filter(pl.col("ds").dt.weekday() <= 5)
    assert fleetcast.forecast(working, h=7)["fleetcast"].null_count() == 0


def test_a_table_before_a_forecast():
    with pytest.raises(AttributeError, match=r"there is no outlook_ before forecast\(\) was called"):
        fleetcast.FleetForecast().outlook_
    with pytest.raises(AttributeError, match="has no attribute 'outlooks'"):
        fleetcast.FleetForecast().outlooks


def test_pandas_reads_what_polars_reads(fleet):
    frame = fleet.to_pandas()
    frame["ds"] = pd.to_datetime(frame["ds"])
    with pytest.warns(UserWarning, match="have no forecast"):
        of_pandas = fleetcast.forecast(frame, h=5)
    assert of_pandas["ds"].min().date() == AS_OF + datetime.timedelta(days=1)

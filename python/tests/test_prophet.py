"""Prophet without Stan, held against Python's Prophet 1.5.0 (see `fixtures/README.md`)."""

from __future__ import annotations

import datetime
import json
import math

import pandas as pd
import polars as pl
import pytest
from conftest import FIXTURES
from fleetcast.prophet import Prophet

# Fits by Prophet: the data, the settings, and what came of it.
CASES = {case["name"]: case for case in pl.read_parquet(FIXTURES / "prophet_reference.parquet").iter_rows(named=True)}


def frames_of(case):
    """The history and the days that Prophet forecast."""
    config = json.loads(case["config"])
    history = {"ds": case["ds"], "y": case["y"]}
    future = {"ds": case["future_ds"]}
    for name in ("cap", "floor"):
        if name in config:
            history[name] = [config[name]] * len(case["ds"])
            future[name] = [config[name]] * len(case["future_ds"])
    if case["x"]:
        history["x"], future["x"] = case["x"], case["x_future"]
    return pl.DataFrame(history), pl.DataFrame(future)


def model_of(case):
    config = json.loads(case["config"])
    season = config.pop("add_seasonality", None)
    has_regressor = config.pop("regressor", None) is not None
    for name in ("cap", "floor"):
        config.pop(name, None)
    if "holidays" in config:
        config["holidays"] = pl.DataFrame(config["holidays"])
    if "holidays" in config:
        config["holidays"] = config["holidays"].with_columns(pl.col("ds").str.to_date())
    model = Prophet(**config)
    if season:
        model.add_seasonality(**season)
    if has_regressor:
        model.add_regressor("x")
    return model


def objective(case, model, history):
    """What Stan minimises, at the fitted parameters; the fixture's README has the formula."""
    params = model.params
    yhat = model.predict(history)["yhat"]
    scale = model.y_scale
    residuals = [(y - fitted) / scale for y, fitted in zip(history["y"], yhat)]
    sigma, tau = params["sigma_obs"], model.changepoint_prior_scale
    rss = sum(residual**2 for residual in residuals)
    value = len(residuals) * math.log(sigma) + rss / (2 * sigma**2) + 2 * sigma**2
    value += (params["k"] ** 2 + params["m"] ** 2) / 50
    value += sum(abs(delta) for delta in params["delta"]) / tau
    scales = case["beta_prior_scale"]
    assert len(params["beta"]) == len(scales), "as many features as Prophet's"
    assert len(set(scales)) == 1
    return value + sum(beta**2 for beta in params["beta"]) / (2 * scales[0] ** 2)


@pytest.mark.parametrize("name", CASES)
def test_the_posterior_is_at_least_as_high_as_prophets(name):
    case = CASES[name]
    history, future = frames_of(case)
    model = model_of(case).fit(history)
    assert model.y_scale == pytest.approx(case["y_scale"], rel=1e-12)
    if "/const/" in name or "/zeros/" in name:
        # A constant is not fitted, there or here.
        assert model.predict(future)["yhat"].to_list() == pytest.approx(case["yhat_future"], abs=1e-6)
        return
    found, stan = objective(case, model, history), case["neg_log_posterior"]
    assert found <= stan + 1e-7 * abs(stan), "Stan found a better one"
    assert model._fitted.is_certified
    # Where Stan came close to the mode, the forecasts are the same.
    if stan - found < 1e-3:
        scale = case["y_scale"]
        forecast = model.predict(future)
        apart = max(abs(a - b) for a, b in zip(forecast["yhat"], case["yhat_future"]))
        assert apart < 0.02 * scale, apart / scale


def test_many_are_compared_by_their_forecasts():
    """The condition of the test above does not leave most cases out."""
    close = 0
    for name, case in CASES.items():
        if name.startswith("real/") and not case["x"]:
            history, future = frames_of(case)
            yhat = model_of(case).fit(history).predict(future)["yhat"]
            apart = max(abs(a - b) for a, b in zip(yhat, case["yhat_future"]))
            close += apart < 0.05 * case["y_scale"]
    assert close >= 40, close


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["interval_samples"] > 0])
def test_intervals_are_prophets(name):
    """Intervals are as wide as those that Prophet drew from 20,000 samples, the nearer the less Stan stopped short."""
    case = CASES[name]
    history, future = frames_of(case)
    model = model_of(case).fit(history)
    short = case["neg_log_posterior"] - objective(case, model, history)
    forecast = model.predict(future)
    bounds = zip(forecast["yhat_lower"], forecast["yhat_upper"], case["yhat_lower_future"], case["yhat_upper_future"])
    ratios = [(upper - lower) / (high - low) for lower, upper, low, high in bounds]
    tolerance = 0.04 if short < 1 else 0.12 if short < 3 else 0.2
    assert max(abs(ratio - 1) for ratio in ratios) < tolerance, (short, min(ratios), max(ratios))


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    days = pd.date_range("2022-01-01", periods=900)
    values = [100 + 0.05 * i + 10 * (day.day_of_week < 5) + (i * 7919 % 101) / 25 for i, day in enumerate(days)]
    return pd.DataFrame({"ds": days, "y": values})


def test_a_script_of_prophet_runs_as_it_is(visits):
    m = Prophet(changepoint_prior_scale=0.1, weekly_seasonality=True, daily_seasonality=False)
    m.add_seasonality(name="monthly", period=30.5, fourier_order=5)
    m.fit(visits)
    future = m.make_future_dataframe(periods=365)
    assert len(future) == len(visits) + 365
    forecast = m.predict(future)
    assert isinstance(forecast, pd.DataFrame)
    for column in ("trend", "yhat", "yhat_lower", "yhat_upper", "trend_lower", "additive_terms", "weekly", "yearly", "monthly"):
        assert forecast[column].notna().all(), column
    parts = forecast["trend"] + forecast["weekly"] + forecast["yearly"] + forecast["monthly"]
    assert (parts - forecast["yhat"]).abs().max() < 1e-9 * forecast["yhat"].abs().max()
    assert (forecast["yhat_lower"] < forecast["yhat"]).all() and (forecast["yhat"] < forecast["yhat_upper"]).all()
    width = (forecast["yhat_upper"] - forecast["yhat_lower"]).iloc[len(visits) :]
    assert width.is_monotonic_increasing
    assert m.predict()["yhat"].equals(forecast["yhat"].iloc[: len(visits)])
    assert len(m.changepoints) == 25


def test_nothing_is_drawn(visits):
    first, second = (Prophet().fit(visits).predict() for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("mode", ["additive", "multiplicative"])
def test_holidays_and_regressors_are_found(visits, mode):
    """An effect that is put into the data is found by the feature that stands for it."""
    opening = visits["ds"].isin(pd.to_datetime(["2022-05-01", "2023-05-01", "2023-12-24"]))
    promoted = pd.Series([float(i % 11 == 0) for i in range(len(visits))])
    effect = 1 + 0.3 * opening + 0.2 * promoted if mode == "multiplicative" else None
    y = visits["y"] * effect if mode == "multiplicative" else visits["y"] + 30 * opening + 20 * promoted
    frame = visits.assign(y=y, promoted=promoted)
    holidays = pd.DataFrame({"holiday": "opening", "ds": visits["ds"][opening]})
    model = Prophet(holidays=holidays, seasonality_mode=mode).add_regressor("promoted").fit(frame)
    forecast = model.predict(frame)
    of_holiday, of_regressor = ((0.3, 0.2) if mode == "multiplicative" else (30, 20))
    assert forecast["opening"][opening].to_list() == pytest.approx([of_holiday] * 3, rel=0.2)
    assert forecast["opening"][~opening].abs().max() == 0
    assert forecast["promoted"][promoted == 1].mean() == pytest.approx(of_regressor, rel=0.1)
    assert forecast["holidays"].equals(forecast["opening"].rename("holidays"))
    assert f"extra_regressors_{mode}" in forecast.columns


def test_a_trend_that_saturates_stays_below_its_cap(visits):
    frame = visits.assign(cap=400.0, y=[400 / (1 + math.exp(-(i - 450) / 150)) for i in range(len(visits))])
    model = Prophet(growth="logistic", yearly_seasonality=False).fit(frame)
    future = model.make_future_dataframe(300).assign(cap=400.0)
    forecast = model.predict(future)
    assert forecast["trend"].max() < 400 and forecast["trend"].iloc[-1] > 390
    assert (forecast["yhat_lower"] <= forecast["yhat_upper"]).all()


def test_conditional_seasons_hold_where_they_are_said_to(visits):
    on = [day.month in (6, 7, 8) for day in visits["ds"]]
    frame = visits.assign(summer=on)
    model = Prophet(weekly_seasonality=False)
    model.add_seasonality("weekly_summer", 7, 3, condition_name="summer")
    forecast = model.fit(frame).predict(frame)
    is_off = ~frame["summer"].astype(bool)
    assert forecast["weekly_summer"][is_off].abs().max() == 0
    assert forecast["weekly_summer"][~is_off].abs().max() > 1


def test_other_frames_and_hours(visits):
    of_polars = pl.from_pandas(visits)
    model = Prophet().fit(of_polars)
    forecast = model.predict(model.make_future_dataframe(30, include_history=False))
    assert isinstance(forecast, pl.DataFrame) and forecast.height == 30
    of_pandas = Prophet().fit(visits)
    expected = of_pandas.predict(of_pandas.make_future_dataframe(30, include_history=False))
    assert forecast["yhat"].to_list() == expected["yhat"].to_list()
    hours = pd.date_range("2024-01-01", periods=24 * 20, freq="h")
    hourly = pd.DataFrame({"ds": hours, "y": [hour.hour + 0.01 * i for i, hour in enumerate(hours)]})
    model = Prophet().fit(hourly)
    forecast = model.predict(model.make_future_dataframe(48, freq="h"))
    assert "daily" in forecast.columns and "yearly" not in forecast.columns
    assert forecast["ds"].iloc[-1] == hours[-1] + pd.Timedelta(hours=48)


def test_missing_values_are_left_out_and_intervals_may_be(visits):
    frame = visits.assign(y=visits["y"].where(visits.index % 5 != 0))
    forecast = Prophet(uncertainty_samples=0).fit(frame).predict(visits)
    assert "yhat_lower" not in forecast.columns and forecast["yhat"].notna().all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda df: Prophet(mcmc_samples=300), "nothing is sampled here"),
        (lambda df: Prophet(growth="cubic").fit(df), "there is no growth `cubic`; give linear, logistic or flat"),
        (lambda df: Prophet(growth="logistic").fit(df), "there is no column `cap`"),
        (lambda df: Prophet(growth="logistic").fit(df.assign(cap=0.0)), "column `cap` is not above the floor"),
        (lambda df: Prophet(interval_width=80), "interval_width is 80"),
        (lambda df: Prophet(changepoint_prior_scale=0).fit(df), "changepoint_prior_scale is 0; give a finite number above 0"),
        (lambda df: Prophet(seasonality_mode="both"), "give additive or multiplicative"),
        (lambda df: Prophet(changepoints=["1999-01-01"]).fit(df), "changepoints lie outside the history"),
        (lambda df: Prophet().predict(df), "the model is not fitted"),
        (lambda df: Prophet().fit(df).fit(df), "make another one"),
        (lambda df: Prophet().fit(df.head(1)), "column `y` has 1 values"),
        (lambda df: Prophet().fit(df.drop(columns="y")), "there is no column `y`"),
        (lambda df: Prophet().fit(df.assign(ds=df["ds"].astype(str))), "column `ds` is .*, not a date or a timestamp"),
        (lambda df: Prophet().fit(df.assign(ds=df["ds"].dt.tz_localize("Asia/Tokyo"))), "column `ds` has the time zone Asia/Tokyo"),
        (lambda df: Prophet().add_regressor("x").fit(df.assign(x=float("nan"))), "column `x` has rows without a value"),
        (lambda df: Prophet(holidays=pd.DataFrame({"ds": []})), "holidays have no column `holiday`"),
    ],
)
def test_refusals(visits, make, message):
    with pytest.raises(ValueError, match=message):
        make(visits)


def test_charts_are_drawn(visits, fleet, hosts):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import fleetcast
    from fleetcast import plot

    model = Prophet().fit(visits)
    forecast = model.predict(model.make_future_dataframe(60))
    assert len(model.plot(forecast).axes[0].lines) == 2
    assert [ax.get_ylabel() for ax in model.plot_components(forecast).axes] == ["trend", "yearly", "weekly"]
    fleet_forecast = fleetcast.FleetForecast()
    of_hosts = fleet_forecast.forecast(hosts, h=180, level=[80])
    axes = plot.plot_forecast(hosts, of_hosts, ("db-01", "disk"))
    assert axes.get_title() == "db-01/disk" and len(axes.collections) == 1
    axes = plot.plot_outlook(fleet_forecast.outlook_)
    assert "db-02/disk" in [label.get_text() for label in axes.get_yticklabels()]
    with pytest.raises(ValueError, match="x/disk has no forecast"):
        plot.plot_forecast(hosts, of_hosts, ("x", "disk"))
    matplotlib.pyplot.close("all")


def test_charts_are_drawn_with_plotly_where_matplotlib_is_not(visits, fleet, hosts, monkeypatch):
    objects = pytest.importorskip("plotly.graph_objects")
    import sys

    import fleetcast
    from fleetcast import plot

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    model = Prophet().fit(visits)
    forecast = model.predict(model.make_future_dataframe(60))
    figure = model.plot(forecast)
    assert isinstance(figure, objects.Figure)
    assert [one.name for one in figure.data] == ["observed", "forecast", "80 %"]
    figure = model.plot_components(forecast)
    titles = [figure.layout[name].title.text for name in ("yaxis", "yaxis2", "yaxis3")]
    assert titles == ["trend", "yearly", "weekly"]
    fleet_forecast = fleetcast.FleetForecast()
    of_hosts = fleet_forecast.forecast(hosts, h=180, level=[80])
    figure = plot.plot_forecast(hosts, of_hosts, ("db-01", "disk"))
    assert figure.layout.title.text == "db-01/disk"
    assert "80 %" in [one.name for one in figure.data]
    figure = plot.plot_outlook(fleet_forecast.outlook_)
    assert "db-02/disk" in figure.layout.yaxis.ticktext
    # Into a figure of one's own, whatever else is installed.
    mine = objects.Figure()
    assert plot.plot_outlook(fleet_forecast.outlook_, ax=mine) is mine and mine.data
    monkeypatch.setitem(sys.modules, "plotly.subplots", None)
    with pytest.raises(ImportError, match="matplotlib or plotly, and neither is installed"):
        plot.plot_outlook(fleet_forecast.outlook_)


def test_days_may_be_dates():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=day) for day in range(100)]
    frame = pd.DataFrame({"ds": pd.Series(days, dtype=object), "y": range(100)})
    forecast = Prophet().fit(frame).predict(frame)
    assert forecast["ds"].to_list() == days

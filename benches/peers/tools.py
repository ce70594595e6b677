"""Python's forecasting tools behind one call: history in, 180 days and an 80 % interval out.

Each is used the way its own documentation begins. Missing days are left out for Prophet, which
takes them as they are, and interpolated for the others, which need every day.
"""

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd

LEVEL = 80
WEEK, YEAR = 7, 365


def prophet_py(history: pd.DataFrame, days: int) -> pd.DataFrame:
    """Prophet with its own defaults."""
    for chatty in ("cmdstanpy", "prophet.plot"):
        logging.getLogger(chatty).disabled = True
    from prophet import Prophet

    model = Prophet(interval_width=LEVEL / 100)
    # Prophet draws its intervals from numpy's generator.
    np.random.seed(1)
    model.fit(history)
    future = model.make_future_dataframe(days, include_history=False)
    return model.predict(future)[["ds", "yhat", "yhat_lower", "yhat_upper"]]


def autoets_sf(history: pd.DataFrame, days: int) -> pd.DataFrame:
    """statsforecast: exponential smoothing with a week's season, the form chosen by AICc."""
    from statsforecast.models import AutoETS

    return _with_statsforecast(AutoETS(season_length=WEEK), history, days)


def mstl_sf(history: pd.DataFrame, days: int) -> pd.DataFrame:
    """statsforecast: weekly and annual seasons by MSTL, the trend by AutoETS."""
    from statsforecast.models import MSTL

    return _with_statsforecast(MSTL(season_length=[WEEK, YEAR]), history, days)


def ets_sm(history: pd.DataFrame, days: int) -> pd.DataFrame:
    """statsmodels: ETS with additive error, damped trend and a week's season."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    y = _every_day(history)
    model = ETSModel(y, error="add", trend="add", damped_trend=True, seasonal="add",
                     seasonal_periods=WEEK)
    forecast = model.fit(disp=False).get_prediction(len(y), len(y) + days - 1)
    bounds = forecast.summary_frame(alpha=1 - LEVEL / 100)
    return pd.DataFrame({
        "ds": _days_after(y.index[-1], days),
        "yhat": bounds["mean"].to_numpy(),
        "yhat_lower": bounds["pi_lower"].to_numpy(),
        "yhat_upper": bounds["pi_upper"].to_numpy(),
    })


# The lags that tutorials on boosted trees for daily series begin with: days, weeks, a month, a year.
LAGS = [1, 2, 3, 7, 14, 28, 364]


def xgboost_host(history: pd.DataFrame, days: int) -> pd.DataFrame:
    """XGBoost, a model a series: lags and the calendar, and each forecast a lag of those after it. No interval."""
    from xgboost import XGBRegressor

    y = _every_day(history)
    calendar = _calendar(y.index)
    lags = np.column_stack([y.shift(lag) for lag in LAGS])
    known = ~np.isnan(lags).any(axis=1)
    model = XGBRegressor(n_estimators=200, learning_rate=0.05, max_depth=5, n_jobs=1, random_state=1)
    model.fit(np.column_stack([lags, calendar])[known], y[known])
    values, ahead = list(y), _days_after(y.index[-1], days)
    for day in _calendar(ahead):
        row = [values[-lag] for lag in LAGS]
        values.append(float(model.predict(np.array([[*row, *day]]))[0]))
    return pd.DataFrame({"ds": ahead, "yhat": values[len(y):]})


def lightgbm_fleet(fleet: pd.DataFrame, days: int) -> pd.DataFrame:
    """LightGBM by mlforecast, a model of all series (unique_id, ds, y): lags, means of lags, the calendar. No interval."""
    from lightgbm import LGBMRegressor
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean
    from mlforecast.target_transforms import LocalStandardScaler

    model = MLForecast(
        models={"yhat": LGBMRegressor(n_estimators=200, learning_rate=0.05, n_jobs=1, random_state=1, verbosity=-1)},
        freq="D",
        lags=LAGS,
        lag_transforms={1: [RollingMean(28)], 7: [RollingMean(7)]},
        date_features=["dayofweek", "month", "dayofyear"],
        target_transforms=[LocalStandardScaler()],
    )
    model.fit(fleet, static_features=[])
    return model.predict(days)


# A model a series, and a model of all series of an origin.
TOOLS: dict[str, Callable[[pd.DataFrame, int], pd.DataFrame]] = {
    "prophet_py": prophet_py,
    "autoets_sf": autoets_sf,
    "mstl_sf": mstl_sf,
    "ets_sm": ets_sm,
    "xgboost_host": xgboost_host,
}
FLEET_TOOLS: dict[str, Callable[[pd.DataFrame, int], pd.DataFrame]] = {"lightgbm_fleet": lightgbm_fleet}


def forecast_with(
    tool: str, history: pd.DataFrame, last_day: pd.Timestamp, days: int
) -> pd.DataFrame:
    """The `days` after `last_day` by `tool`, from columns ds and y; a history that ends earlier is
    forecast from where it ends. Returns ds, yhat, yhat_lower and yhat_upper."""
    history = history.assign(ds=pd.to_datetime(history["ds"]))
    silent = (last_day - history["ds"].max()).days
    frame = TOOLS[tool](history, silent + days)
    return frame[frame["ds"] > last_day].reset_index(drop=True)


def forecast_fleet_with(
    tool: str, fleet: pd.DataFrame, last_day: pd.Timestamp, days: int
) -> pd.DataFrame:
    """The `days` after `last_day` of all series by `tool`, from columns unique_id, ds and y. Returns unique_id, ds and yhat."""
    parts = []
    for name, history in fleet.groupby("unique_id"):
        y = _every_day(history.assign(ds=pd.to_datetime(history["ds"])))
        # Tools of fleets forecast all series from the same day: who is silent at its end repeats its last value.
        y = y.reindex(pd.date_range(y.index[0], last_day)).ffill()
        parts.append(pd.DataFrame({"unique_id": name, "ds": y.index, "y": y.to_numpy(float)}))
    return FLEET_TOOLS[tool](pd.concat(parts, ignore_index=True), days)


def _calendar(days: pd.DatetimeIndex) -> np.ndarray:
    return np.column_stack([days.dayofweek, days.month, days.dayofyear])


def _with_statsforecast(model, history: pd.DataFrame, days: int) -> pd.DataFrame:
    y = _every_day(history)
    forecast = model.forecast(y=y.to_numpy(float), h=days, level=[LEVEL])
    return pd.DataFrame({
        "ds": _days_after(y.index[-1], days),
        "yhat": forecast["mean"],
        "yhat_lower": forecast[f"lo-{LEVEL}"],
        "yhat_upper": forecast[f"hi-{LEVEL}"],
    })


def _every_day(history: pd.DataFrame) -> pd.Series:
    return history.set_index("ds")["y"].asfreq("D").interpolate()


def _days_after(day: pd.Timestamp, days: int) -> pd.DatetimeIndex:
    return pd.date_range(day + pd.Timedelta(days=1), periods=days)

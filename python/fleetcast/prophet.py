"""Prophet as people have it, without Stan: `from fleetcast.prophet import Prophet`.

Arguments, methods and columns have Prophet's names and defaults. The posterior's mode is found exactly instead of by an
optimizer that stops short of it, and intervals follow Prophet's law in closed form instead of by simulation, so that a
forecast is the same each time. What is sampled by MCMC is not here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import narwhals as nw

from fleetcast import _fleetcast
from fleetcast._frames import Kind, stream_of

__all__ = ["Prophet"]

_EPOCH = datetime.datetime(1970, 1, 1)
_ORDERS = {"yearly": (365.25, 10), "weekly": (7.0, 3), "daily": (1.0, 4)}
_Mode = Literal["additive", "multiplicative"]


class Prophet:
    """Prophet's model of one series.

    Parameters
    ----------
    growth
        `linear`, `logistic` (with a column `cap`, and `floor` where it is not 0), or `flat`.
    changepoints, n_changepoints, changepoint_range, changepoint_prior_scale
        Where the trend may bend, and how much.
    yearly_seasonality, weekly_seasonality, daily_seasonality
        `auto`, whether there is one, or how many sines and cosines it has.
    holidays
        A frame with `holiday`, `ds`, and `lower_window`, `upper_window` and `prior_scale` where they are not 0, 0 and
        `holidays_prior_scale`.
    seasonality_mode, holidays_mode
        `additive` or `multiplicative`.
    seasonality_prior_scale, holidays_prior_scale
        How large seasons and holidays may be.
    interval_width
        The share of outcomes that intervals should hold.
    uncertainty_samples
        0 or False leaves intervals out; other numbers mean nothing, for nothing is sampled.
    scaling
        `absmax` or `minmax`.
    mcmc_samples, stan_backend
        0 and anything: there is no Stan.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-01", periods=120)
    >>> df = pd.DataFrame({"ds": days, "y": [20 + 0.1 * i + (i % 7) for i in range(120)]})
    >>> model = Prophet(changepoint_prior_scale=0.1).fit(df)
    >>> forecast = model.predict(model.make_future_dataframe(periods=30))
    >>> forecast[["ds", "yhat", "yhat_lower", "yhat_upper", "trend", "weekly"]].shape
    (150, 6)
    """

    def __init__(
        self,
        growth: Literal["linear", "logistic", "flat"] = "linear",
        changepoints: Sequence[Any] | None = None,
        n_changepoints: int = 25,
        changepoint_range: float = 0.8,
        yearly_seasonality: bool | int | Literal["auto"] = "auto",
        weekly_seasonality: bool | int | Literal["auto"] = "auto",
        daily_seasonality: bool | int | Literal["auto"] = "auto",
        holidays: Any = None,
        seasonality_mode: _Mode = "additive",
        seasonality_prior_scale: float = 10.0,
        holidays_prior_scale: float = 10.0,
        changepoint_prior_scale: float = 0.05,
        mcmc_samples: int = 0,
        interval_width: float = 0.80,
        uncertainty_samples: int | bool = 1000,
        stan_backend: Any = None,
        scaling: Literal["absmax", "minmax"] = "absmax",
        holidays_mode: _Mode | None = None,
    ) -> None:
        if mcmc_samples:
            raise ValueError(f"mcmc_samples is {mcmc_samples}, and nothing is sampled here; leave it 0")
        if not 0 < interval_width < 1:
            raise ValueError(f"interval_width is {interval_width}; give a share between 0 and 1, such as 0.8")
        if not 0 < changepoint_range <= 1:
            raise ValueError(f"changepoint_range is {changepoint_range}; give a number above 0 and at most 1")
        if n_changepoints < 0:
            raise ValueError(f"n_changepoints is {n_changepoints}; give 0 or more")
        self.growth = growth
        self.specified_changepoints = changepoints is not None
        self._given_changepoints = None if changepoints is None else [_seconds(time) for time in changepoints]
        self.n_changepoints = n_changepoints
        self.changepoint_range = changepoint_range
        self.changepoint_prior_scale = changepoint_prior_scale
        self.seasonality_mode = _mode("seasonality_mode", seasonality_mode)
        self.seasonality_prior_scale = seasonality_prior_scale
        self.holidays_prior_scale = holidays_prior_scale
        self.holidays_mode = _mode("holidays_mode", holidays_mode or seasonality_mode)
        self.interval_width = interval_width
        self.uncertainty_samples = uncertainty_samples
        self.scaling = scaling
        self.holidays = holidays
        self._holidays = [] if holidays is None else self._columns_of(holidays)
        self.country_holidays: str | None = None
        self.seasonalities: dict[str, dict[str, Any]] = {}
        self.extra_regressors: dict[str, dict[str, Any]] = {}
        for name, wanted in (
            ("yearly", yearly_seasonality),
            ("weekly", weekly_seasonality),
            ("daily", daily_seasonality),
        ):
            period, default = _ORDERS[name]
            is_auto = wanted == "auto"
            order = default if is_auto or wanted is True else int(wanted)
            if order:
                self._season(name, period, order, None, None, None, is_auto=is_auto)
        self._fitted: Any = None

    def add_seasonality(
        self,
        name: str,
        period: float,
        fourier_order: int,
        prior_scale: float | None = None,
        mode: _Mode | None = None,
        condition_name: str | None = None,
    ) -> Prophet:
        """Add a season of `period` days with `fourier_order` sines and cosines, where the column `condition_name` holds."""
        self._refuse_fitted("seasons are added")
        if fourier_order < 1:
            raise ValueError(f"fourier_order of {name} is {fourier_order}; give 1 or more")
        if not period > 0:
            raise ValueError(f"period of {name} is {period}; give days above 0")
        self._season(name, period, fourier_order, prior_scale, mode, condition_name, is_auto=False)
        return self

    def add_regressor(
        self,
        name: str,
        prior_scale: float | None = None,
        standardize: bool | Literal["auto"] = "auto",
        mode: _Mode | None = None,
    ) -> Prophet:
        """Add a column of the frames as a feature."""
        self._refuse_fitted("regressors are added")
        self.extra_regressors[name] = {
            "name": name,
            "prior_scale": self.holidays_prior_scale if prior_scale is None else prior_scale,
            "standardize": None if standardize == "auto" else bool(standardize),
            "is_multiplicative": _mode("mode", mode or self.seasonality_mode) == "multiplicative",
        }
        return self

    def add_country_holidays(self, country_name: str) -> Prophet:
        """Add a country's holidays by the package `holidays`."""
        self._refuse_fitted("holidays are added")
        try:
            import holidays
        except ImportError:
            raise ImportError("countries' holidays are those of the package holidays; pip install holidays") from None
        days: dict[str, list[int]] = {}
        for day, name in holidays.country_holidays(country_name, years=range(1995, 2045)).items():
            days.setdefault(name, []).append((day - _EPOCH.date()).days)
        self.country_holidays = country_name
        self._holidays += [self._holiday(name, of, None) for name, of in sorted(days.items())]
        return self

    def fit(self, df: Any, **kwargs: Any) -> Prophet:
        """Fit the model to a frame with `ds` and `y`, and return it.

        Rows without a value of y are left out. Options of Stan's optimizer, such as `seed` and `iter`, mean nothing here.
        """
        self._refuse_fitted("a model is fitted", "make another one")
        self._kind = Kind(df, "ds")
        self._fitted = _fleetcast.FittedProphet(stream_of(df), self._spec())
        self.history = df
        return self

    def predict(self, df: Any = None) -> Any:
        """Forecast the rows of a frame, by default those of the history: the trend, components, and `yhat` with bounds."""
        fitted = self._need_fitted()
        level = self.interval_width if self.uncertainty_samples else None
        frame = self.history if df is None else df
        kind = self._kind if df is None else Kind(df, "ds")
        return kind(fitted.predict(stream_of(frame), level))

    def make_future_dataframe(self, periods: int, freq: str = "D", include_history: bool = True) -> Any:
        """Return a frame with `ds`: the history's, unless not wanted, and `periods` days after it.

        Other steps than days are made where frames are pandas', by its names of frequencies.
        """
        fitted = self._need_fitted()
        pandas = nw.dependencies.get_pandas()
        if pandas is not None and isinstance(self.history, pandas.DataFrame):
            times = pandas.to_datetime(fitted.history, unit="s")
            ahead = pandas.date_range(start=times[-1], periods=periods + 1, freq=freq)
            ahead = ahead[ahead > times[-1]][:periods]
            return pandas.DataFrame({"ds": times.append(ahead) if include_history else ahead})
        if freq not in ("D", "1D", "d", "1d"):
            raise ValueError(f"freq is {freq!r}; give 'D', or make the frame of times yourself")
        frame = nw.from_native(self.history, eager_only=True)
        last = _EPOCH + datetime.timedelta(seconds=fitted.history[-1])
        days = [last + datetime.timedelta(days=ahead) for ahead in range(1, periods + 1)]
        kind = frame.schema["ds"]
        ahead = nw.new_series("ds", days, nw.Datetime("us"), backend=frame.implementation).cast(kind)
        known = frame.get_column("ds").filter(~frame.get_column("y").is_null()).sort()
        frames = [known.to_frame()] if include_history else []
        return nw.concat([*frames, ahead.to_frame()]).to_native()

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters at the posterior's mode, by Prophet's names, in scaled units."""
        return self._need_fitted().params

    @property
    def changepoints(self) -> list[datetime.datetime]:
        """The times at which the trend may bend."""
        return [_EPOCH + datetime.timedelta(seconds=time) for time in self._need_fitted().changepoints]

    @property
    def y_scale(self) -> float:
        """What y was divided by."""
        return self._need_fitted().y_scale

    def plot(self, fcst: Any, ax: Any = None, figsize: tuple[float, float] = (10, 6)) -> Any:
        """Plot a forecast and the observations, with matplotlib or plotly, whichever is there."""
        from fleetcast.plot import plot_prophet

        return plot_prophet(self, fcst, ax, figsize)

    def plot_components(self, fcst: Any, figsize: tuple[float, float] | None = None) -> Any:
        """Plot the components of a forecast, with matplotlib or plotly, whichever is there."""
        from fleetcast.plot import plot_prophet_components

        return plot_prophet_components(self, fcst, figsize)

    def _season(
        self,
        name: str,
        period: float,
        order: int,
        prior_scale: float | None,
        mode: _Mode | None,
        condition: str | None,
        *,
        is_auto: bool,
    ) -> None:
        self.seasonalities[name] = {
            "name": name,
            "period": float(period),
            "order": order,
            "prior_scale": self.seasonality_prior_scale if prior_scale is None else prior_scale,
            "is_multiplicative": _mode("mode", mode or self.seasonality_mode) == "multiplicative",
            "condition": condition,
            "is_auto": is_auto,
        }

    def _holiday(self, name: str, days: Sequence[int], prior_scale: float | None) -> dict[str, Any]:
        return {
            "name": name,
            "days": list(days),
            "prior_scale": self.holidays_prior_scale if prior_scale is None else prior_scale,
            "is_multiplicative": self.holidays_mode == "multiplicative",
        }

    def _columns_of(self, holidays: Any) -> list[dict[str, Any]]:
        """A column for each holiday and distance from it."""
        frame = nw.from_native(holidays, eager_only=True)
        for column in ("holiday", "ds"):
            if column not in frame.columns:
                raise ValueError(f"holidays have no column `{column}`, only {', '.join(frame.columns)}; give holiday and ds")
        columns: dict[tuple[str, int], tuple[list[int], float | None]] = {}
        for row in frame.iter_rows(named=True):
            day = _seconds(row["ds"]) // 86_400
            lower, upper = (_whole(row.get(window)) for window in ("lower_window", "upper_window"))
            if lower > 0 or upper < 0:
                raise ValueError(
                    f"holiday {row['holiday']} has lower_window {lower} and upper_window {upper}; "
                    "give 0 or less for the first, and 0 or more for the second"
                )
            scale = row.get("prior_scale")
            scale = None if scale is None or scale != scale else float(scale)
            for distance in range(lower, upper + 1):
                days, known = columns.setdefault((row["holiday"], distance), ([], scale))
                if known != scale:
                    raise ValueError(f"holiday {row['holiday']} has several prior scales; give one")
                days.append(day + distance)
        return [self._holiday(name, days, scale) for (name, _), (days, scale) in sorted(columns.items(), key=_first)]

    def _spec(self) -> dict[str, Any]:
        return {
            "growth": self.growth,
            "changepoints": self._given_changepoints,
            "n_changepoints": self.n_changepoints,
            "changepoint_range": float(self.changepoint_range),
            "changepoint_prior_scale": float(self.changepoint_prior_scale),
            "scaling": self.scaling,
            "seasonalities": list(self.seasonalities.values()),
            "holidays": self._holidays,
            "regressors": list(self.extra_regressors.values()),
        }

    def _need_fitted(self) -> Any:
        if self._fitted is None:
            raise ValueError("the model is not fitted; call fit(df) first")
        return self._fitted

    def _refuse_fitted(self, what: str, way_out: str = "do so first") -> None:
        if self._fitted is not None:
            raise ValueError(f"{what} before a model is fitted, and this one is; {way_out}")


def _first(column: tuple[tuple[str, int], Any]) -> tuple[str, int]:
    return column[0]


def _mode(what: str, mode: str) -> str:
    if mode not in ("additive", "multiplicative"):
        raise ValueError(f"{what} is {mode!r}; give additive or multiplicative")
    return mode


def _whole(value: Any) -> int:
    """A window's days; none where it is missing."""
    return 0 if value is None or value != value else int(value)


def _seconds(time: Any) -> int:
    """Seconds since 1970 of a date, a time, or its text."""
    if isinstance(time, str):
        time = datetime.datetime.fromisoformat(time)
    if isinstance(time, datetime.datetime):
        return int((time.replace(tzinfo=None) - _EPOCH).total_seconds())
    return (time - _EPOCH.date()).days * 86_400

"""Forecasts of fleets, in the shapes of statsforecast."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from fleetcast import _fleetcast
from fleetcast._frames import Kind, stream_of
from fleetcast._models import Challenger, Champion, XGBoost, with_library
from fleetcast._progress import progress_of

__all__ = ["FleetForecast", "cross_validation", "forecast", "judge", "windows"]

# The attributes that a judged forecast leaves behind, and the tables of the contract that they are.
_TABLES = {
    "forecasts_": "forecasts",
    "leaderboard_": "model_leaderboard",
    "scores_": "backtest_scores",
    "calibration_": "interval_calibration",
    "outlook_": "capacity_outlook",
    "issues_": "series_issues",
}
# Those that there are where attributes of hosts are given.
_OF_GROUPS = {"group_forecasts_": "group_forecasts", "group_outlook_": "group_outlook"}


class FleetForecast:
    """A champion, a challenger, and a judge who scores both on the last months and chooses for every series.

    Parameters
    ----------
    models
        `Champion()`, `Challenger()` and `XGBoost()`, or some of them; the judge needs the champion and another. XGBoost stands beside
        the challenger, or in its place where that is left out.
    judge
        Whether the judge chooses. Without, every model has its own columns, by its name.
    freq
        Days, which is all there is: `"D"`.
    n_jobs
        Threads to work on; -1 for as many as there are processors. Results do not depend on it.
    limits
        A frame of what "full" is: the columns that name series, any of `floor`, `capacity` and `threshold`, and
        `valid_from`, the first day it holds. A null host (or `unique_id`) holds for all, a null day always.
    attributes
        A frame of what is known of hosts, such as their site: the column that names hosts and a column a key, or that one, `key`
        and `value`. Hosts that share a value are a group, whose forecast and outlook are in `group_forecasts_` and
        `group_outlook_`. Percentages are weighed by how large hosts are (`memory_capacity`, `cpu_capacity` or `cores`), and
        left out, with a warning, where that is not known.
    holidays
        Days on which people do not work, in the past and in the future: a mapping of days to names, such as
        `holidays.country_holidays("DE", years=range(2022, 2027))` of the package holidays, or days alone. Series are expected to
        keep them that kept earlier ones.
    events
        A frame of other days on which something is known to happen, with the columns `ds` and `name`, and the column that names
        hosts where an event concerns one. What days of a name did before is expected of those to come, where that would have
        helped; what happened once is taken out of the past.
    as_of
        The last day to look at; by default the day that the fleet reaches.
    train_months, backtest_months
        How many months the models learn from, and how many after them they are scored on.
    refit
        Whether the future is forecast from a second fit on all months.
    regimes
        `align`: the past of a series whose level shifted, or that began to grow lately, is brought to its present level before
        models are fitted; `off`: it is fitted as it was. Other people's forecasts are never touched.
    metric
        What decides: `mape`, `wape`, `smape`, `mase`, `mae` or `rmse`.
    promotion_margin
        Percent by which whoever did not win before must be better.
    golden
        `winner`, or `blend` for a weighted mean of both and the seasonal naive forecast.
    sustained
        When a crossing of the threshold counts: `3/7` is 3 of 7 days.
    duplicates
        What becomes of a day that a series has twice: `error`, or `mean`.
    verbose
        Whether a progress bar is shown, where tqdm is installed.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date, timedelta
    >>> days = [date(2023, 1, 1) + timedelta(days=d) for d in range(1096)]
    >>> df = pl.DataFrame({"host": "db-01", "resource": "disk", "ds": days, "y": [50 + 0.03 * d + d * 7919 % 101 / 50 for d in range(1096)]})
    >>> fleet = FleetForecast()
    >>> fleet.forecast(df, h=180, level=[80]).columns
    ['host', 'resource', 'ds', 'fleetcast', 'fleetcast-lo-80', 'fleetcast-hi-80']
    >>> fleet.outlook_["status"].to_list()
    ['over']
    """

    # What a judged forecast leaves behind, in the kind of frame that was given.
    forecasts_: Any
    leaderboard_: Any
    scores_: Any
    calibration_: Any
    outlook_: Any
    issues_: Any
    group_forecasts_: Any
    group_outlook_: Any
    forecast_: Any

    def __init__(
        self,
        models: Sequence[Champion | Challenger | XGBoost] | None = None,
        *,
        judge: bool = True,
        freq: str | None = "D",
        n_jobs: int = -1,
        limits: Any = None,
        attributes: Any = None,
        holidays: Mapping[datetime.date, str] | Iterable[datetime.date] = (),
        events: Any = None,
        as_of: datetime.date | str | None = None,
        train_months: int = 32,
        backtest_months: int = 4,
        refit: bool = True,
        regimes: Literal["align", "off"] = "align",
        metric: Literal["mape", "wape", "smape", "mase", "mae", "rmse"] = "mape",
        promotion_margin: float = 10.0,
        golden: Literal["winner", "blend"] = "winner",
        sustained: str = "3/7",
        duplicates: Literal["error", "mean"] = "error",
        verbose: bool = False,
    ) -> None:
        if models is not None and (isinstance(models, str) or not isinstance(models, Iterable)):
            raise ValueError(f"models is {models!r}, not a list; give such as [Champion(), Challenger()]")
        self.models: list[Champion | Challenger | XGBoost] = [Champion(), Challenger()] if models is None else list(models)
        self.judge = judge
        if freq not in (None, "D", "1D", "d", "1d"):
            raise ValueError(f"freq is {freq!r}, and fleetcast forecasts days; aggregate to daily values and give 'D'")
        if duplicates not in ("error", "mean"):
            raise ValueError(f"duplicates is {duplicates!r}; give 'error' or 'mean'")
        if n_jobs == 0 or n_jobs < -1:
            raise ValueError(f"n_jobs is {n_jobs}; give a number of threads, or -1 for as many as there are processors")
        self._keeps_tables = True
        self.limits = limits
        self.attributes = attributes
        self.verbose = verbose
        self.events = events
        self._settings = {
            "holidays": _holidays(holidays),
            "events": [],
            "as_of": None if as_of is None else _day(as_of),
            "train_months": train_months,
            "backtest_months": backtest_months,
            "refit": refit,
            "regimes": regimes,
            "mode": _mode(self.models, judge),
            "metric": metric,
            "promotion_margin": promotion_margin,
            "golden": golden,
            "sustained": sustained,
            "threads": max(n_jobs, 0),
            "average_duplicates": duplicates == "mean",
            "models": [] if judge else [model.alias for model in self.models],
            "xgboost": _xgboost(self.models),
        }

    def forecast(
        self,
        df: Any,
        h: int = 180,
        *,
        level: Sequence[float] | None = None,
        id_col: str | Sequence[str] | None = None,
        time_col: str = "ds",
        target_col: str = "y",
    ) -> Any:
        """Forecast the `h` days after the day that the fleet reaches.

        Parameters
        ----------
        df
            A frame with a row a series and day, in any order: of pandas, polars, pyarrow, or a DuckDB relation.
        h
            The horizon in days.
        level
            Levels of intervals in percent.
        id_col
            The column that names a series, or the two that name its host and resource. By default `unique_id`, or `host`
            and `resource` where there is no such column.
        time_col, target_col
            The columns of days and of values.

        Returns
        -------
        A frame of the same kind: the columns that name a series, the day, and a column a model and bound, such as
        `fleetcast`, `fleetcast-lo-80` and `fleetcast-hi-80`. A series without a forecast is not in it, but in `issues_`.
        """
        tables = self._tables(df, h, level, (id_col, time_col, target_col), [])
        return self._keep(df, tables, time_col)

    def judge_forecasts(
        self,
        df: Any,
        forecasts: Mapping[str, Any],
        h: int = 180,
        *,
        level: Sequence[float] | None = None,
        id_col: str | Sequence[str] | None = None,
        time_col: str = "ds",
        target_col: str = "y",
    ) -> Any:
        """Forecast with other people's models as contenders: see `fleetcast.judge`."""
        if not self.judge:
            raise ValueError("judge is False, and forecasts that others made are given to the judge; leave it True")
        if not forecasts:
            raise ValueError("no model is given; give one to stand against the champion, or more to stand against each other")
        given = [(name, stream_of(frame, f"forecasts[{name!r}]")) for name, frame in forecasts.items()]
        tables = self._tables(df, h, level, (id_col, time_col, target_col), given)
        return self._keep(df, tables, time_col)

    def cross_validation(
        self,
        df: Any,
        h: int = 180,
        *,
        n_windows: int = 1,
        step_size: int | None = None,
        level: Sequence[float] | None = None,
        id_col: str | Sequence[str] | None = None,
        time_col: str = "ds",
        target_col: str = "y",
    ) -> Any:
        """Forecast from `n_windows` cutoffs in the past, `step_size` days apart (by default `h`), the last one `h` days
        before the day that the fleet reaches.

        Whatever is chosen for a cutoff, models, weights and intervals, is chosen from the days before it. The frame has
        `cutoff`, and the values that came, beside what `forecast` returns; a day without a value is null there.
        """
        if n_windows < 1:
            raise ValueError(f"n_windows is {n_windows}; give at least 1")
        step = h if step_size is None else step_size
        if step < 1:
            raise ValueError(f"step_size is {step}; give at least 1 day")
        names = _names(df, id_col, time_col, target_col)
        with progress_of(self.verbose, n_windows * self._passes(level)) as progress:
            table, notes = _fleetcast.cross_validation(
                stream_of(df),
                names,
                self._called(names, h, level),
                n_windows,
                step,
                limits=self._limits(),
                progress=progress,
            )
        for note in notes:
            warnings.warn(note, stacklevel=2)
        return Kind(df, time_col)(table)

    def _called(self, names: dict[str, Any], h: int, level: Sequence[float] | None) -> dict[str, Any]:
        """The settings of a call, with the events of the hosts that its frame names."""
        settings = with_library(self._settings | {"h": h, "levels": _levels(level)})
        return settings if self.events is None else settings | {"events": _events(self.events, names["ids"][0])}

    def _tables(
        self, df: Any, h: int, level: Sequence[float] | None, columns: tuple[Any, str, str], given: list[Any]
    ) -> dict[str, Any]:
        names = _names(df, *columns)
        for attribute in _TABLES | _OF_GROUPS:
            self.__dict__.pop(attribute, None)
        wanted = _TABLES if self.attributes is None else _TABLES | _OF_GROUPS
        with progress_of(self.verbose, self._passes(level)) as progress:
            return _fleetcast.forecast(
                stream_of(df),
                names,
                self._called(names, h, level),
                limits=self._limits(),
                attributes=None if self.attributes is None else stream_of(self.attributes, "attributes"),
                given=given,
                tables=list(wanted.values()) if self.judge and self._keeps_tables else [],
                progress=progress,
            )

    def _passes(self, level: Sequence[float] | None) -> int:
        """How often each series is worked on: models without a judge answer at one level at a time."""
        return 1 if self.judge else max(1, len(level or []))

    def _keep(self, df: Any, tables: dict[str, Any], time_col: str) -> Any:
        """Keep the tables as attributes, say which series are missing, and return the forecasts."""
        kind = Kind(df, time_col)
        for attribute, table in (_TABLES | _OF_GROUPS).items() if self._keeps_tables else ():
            if table in tables:
                setattr(self, attribute, kind(tables[table]))
        _warn_of_missing(tables["without_forecast"])
        for note in tables["notes"]:
            warnings.warn(note, stacklevel=3)
        return kind(tables["fleetcast"])

    def _limits(self) -> Any:
        return None if self.limits is None else stream_of(self.limits, "limits")

    def __getattr__(self, name: str) -> Any:
        if name in _OF_GROUPS and self.judge and self.attributes is None:
            raise AttributeError(f"there is no {name} without attributes; make a FleetForecast with attributes, whose values make groups")
        if name in _TABLES or name in _OF_GROUPS:
            raise AttributeError(
                f"there is no {name} before forecast() was called"
                if self.judge
                else f"there is no {name} without a judge; make a FleetForecast with judge=True"
            )
        raise AttributeError(f"a FleetForecast has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"FleetForecast(models={self.models!r}, judge={self.judge})"


def forecast(
    df: Any,
    h: int = 180,
    *,
    level: Sequence[float] | None = None,
    id_col: str | Sequence[str] | None = None,
    time_col: str = "ds",
    target_col: str = "y",
    **options: Any,
) -> Any:
    """Forecast a fleet by the judge's choice; `options` are those of `FleetForecast`.

    >>> import pandas as pd
    >>> days = pd.date_range("2023-01-01", "2025-12-31")
    >>> df = pd.DataFrame({"unique_id": "web-01", "ds": days, "y": [40.0 + day.day_of_week for day in days]})
    >>> forecast(df, h=2, level=[80]).columns.to_list()
    ['unique_id', 'ds', 'fleetcast', 'fleetcast-lo-80', 'fleetcast-hi-80']
    """
    fleet = FleetForecast(**options)
    fleet._keeps_tables = False
    return fleet.forecast(df, h, level=level, id_col=id_col, time_col=time_col, target_col=target_col)


def cross_validation(
    df: Any,
    h: int = 180,
    *,
    n_windows: int = 1,
    step_size: int | None = None,
    level: Sequence[float] | None = None,
    id_col: str | Sequence[str] | None = None,
    time_col: str = "ds",
    target_col: str = "y",
    **options: Any,
) -> Any:
    """Forecast from cutoffs in the past by the judge's choice: `FleetForecast(**options).cross_validation(…)`."""
    return FleetForecast(**options).cross_validation(
        df, h, n_windows=n_windows, step_size=step_size, level=level, id_col=id_col, time_col=time_col, target_col=target_col
    )


def judge(
    df: Any,
    forecasts: Mapping[str, Any],
    h: int = 180,
    *,
    level: Sequence[float] | None = None,
    id_col: str | Sequence[str] | None = None,
    time_col: str = "ds",
    target_col: str = "y",
    **options: Any,
) -> FleetForecast:
    """Put any model's forecasts through the same tournament, blend, calibration and outlook as fleetcast's own.

    `forecasts` has a frame a model, with the columns that name a series, `cutoff` (the last day that the forecast has
    seen), the day, and the forecasts in a column of the model's name or `yhat`; bounds at 80 % in `NAME-lo-80` and
    `NAME-hi-80`, or `yhat_lower` and `yhat_upper`, may stand beside them. Two cutoffs are needed: the last day of the
    training window and the last day of data, which `windows` returns, the first with all days up to the last day of data,
    the second with all `h` days. Those of earlier cutoffs are what the blend's weights and the intervals rest on.

    One model takes the challenger's place and stands against the champion; two take both places, and further ones stand beside
    them. Returns the `FleetForecast`, with `forecast_` beside its other tables. On them a model has its place's name: `challenger`, of
    several the first `prophet` and the second `challenger`, and those beside them their own.
    """
    fleet = FleetForecast(**options)
    fleet.forecast_ = fleet.judge_forecasts(
        df, forecasts, h, level=level, id_col=id_col, time_col=time_col, target_col=target_col
    )
    return fleet


def windows(
    df: Any,
    h: int = 180,
    *,
    id_col: str | Sequence[str] | None = None,
    time_col: str = "ds",
    target_col: str = "y",
    **options: Any,
) -> dict[str, datetime.date]:
    """Return the days that a forecast goes by: `first`, the first day that is learned from; `origin`, the last day of the
    training window; and `as_of`, the last day of data.

    >>> import polars as pl
    >>> days = pl.date_range(pl.date(2023, 1, 1), pl.date(2025, 12, 31), eager=True)
    >>> df = pl.DataFrame({"unique_id": "web-01", "ds": days, "y": range(len(days))})
    >>> windows(df)["origin"]
    datetime.date(2025, 8, 31)
    """
    names = _names(df, id_col, time_col, target_col)
    settings = FleetForecast(**options)._settings | {"h": h, "levels": [], "xgboost": None}
    as_of, origin, first = _fleetcast.windows(stream_of(df), names, settings)
    epoch = datetime.date(1970, 1, 1)
    days = {"first": first, "origin": origin, "as_of": as_of}
    return {name: epoch + datetime.timedelta(days=day) for name, day in days.items()}


def _holidays(holidays: Mapping[datetime.date, str] | Iterable[datetime.date]) -> list[tuple[str, str]]:
    """Days and names; a day may have several, divided as the package holidays does."""
    if isinstance(holidays, Mapping):
        named = [(day, name) for day, names in holidays.items() for name in str(names).split("; ")]
    else:
        named = [(day, "holiday") for day in holidays]
    return [(_day(day), name) for day, name in named]


def _events(events: Any, host: str) -> list[tuple[str, str, str | None]]:
    import pyarrow as pa

    table = pa.table(stream_of(events, "events"))
    for column in ("ds", "name"):
        if column not in table.column_names:
            found = ", ".join(table.column_names)
            raise ValueError(f"events have no column `{column}`, only {found}; give ds and name, and {host} where an event concerns one host")
    hosts = table.column(host).cast(pa.string()).to_pylist() if host in table.column_names else [None] * len(table)
    days = [_day(day) for day in table.column("ds").to_pylist()]
    return list(zip(days, table.column("name").cast(pa.string()).to_pylist(), hosts))


def _names(df: Any, id_col: str | Sequence[str] | None, time_col: str, target_col: str) -> dict[str, Any]:
    if id_col is None:
        columns = _columns(df)
        is_pair = "unique_id" not in columns and {"host", "resource"} <= set(columns)
        id_col = ("host", "resource") if is_pair else "unique_id"
    ids = [id_col] if isinstance(id_col, str) else list(id_col)
    if not 1 <= len(ids) <= 2:
        raise ValueError(f"id_col is {id_col!r}; give the column that names a series, or those of its host and resource")
    return {"ids": ids, "time": time_col, "target": target_col}


def _columns(df: Any) -> list[str]:
    if hasattr(df, "collect_schema"):
        return list(df.collect_schema().names())
    for columns in ("column_names", "columns"):
        found = getattr(df, columns, None)
        if found is not None:
            return [str(name) for name in found]
    return []


def _levels(level: Sequence[float] | float | None) -> list[float]:
    levels = [] if level is None else [level] if isinstance(level, (int, float)) else list(level)
    for one in levels:
        if not 0 < one < 100:
            raise ValueError(f"level {one} is no level; give percent between 0 and 100, such as 80")
    if len(set(levels)) < len(levels):
        raise ValueError(f"level is {levels}, with one of them twice; give each once")
    return levels


def _mode(models: Sequence[Champion | Challenger | XGBoost], judge: bool) -> str:
    if not models:
        raise ValueError(f"models is {list(models)!r}; give one or more of Champion(), Challenger() and XGBoost()")
    for model in models:
        if not isinstance(model, (Champion, Challenger, XGBoost)):
            raise ValueError(
                f"models has {model!r}, which is neither Champion() nor Challenger() nor XGBoost(); other models stand against them by "
                "their forecasts: fleetcast.judge(df, {'mine': forecasts})"
            )
    aliases = [model.alias for model in models]
    if len(set(aliases)) < len(aliases):
        raise ValueError(f"models is {list(models)!r}, with one of them twice; give each once")
    if judge and (len(aliases) < 2 or Champion.alias not in aliases):
        raise ValueError(
            f"models is {list(models)!r}, and the judge chooses between Champion() and others; give Champion() and another model, or "
            "judge=False"
        )
    return next((model.mode for model in models if isinstance(model, Champion)), "tuned")


def _xgboost(models: Sequence[Champion | Challenger | XGBoost]) -> dict[str, Any] | None:
    """The place of XGBoost, where it is one of the models; its library is looked for when it is called."""
    aliases = [model.alias for model in models]
    return {"is_challenger": Challenger.alias not in aliases} if XGBoost.alias in aliases else None


def _day(day: datetime.date | str) -> str:
    if isinstance(day, datetime.datetime):
        day = day.date()
    return day.isoformat() if isinstance(day, datetime.date) else str(day)


def _warn_of_missing(without: tuple[int, int, list[str]]) -> None:
    """Say that series have no forecast: nothing else would, to somebody who looks at the forecasts alone."""
    missing, series, examples = without
    if missing:
        names = ", ".join(examples) + (", …" if missing > len(examples) else "")
        warnings.warn(
            f"{missing} of {series} series have no forecast ({names}); the issues_ of a FleetForecast say why",
            UserWarning,
            stacklevel=4,
        )

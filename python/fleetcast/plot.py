"""Charts with matplotlib, which is an extra: `pip install fleetcast[plot]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from fleetcast.prophet import Prophet

__all__ = ["plot_forecast", "plot_outlook", "plot_prophet", "plot_prophet_components"]

_BLUE, _RED, _GREY = "#0072B2", "#D55E00", "#555555"


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("charts are drawn with matplotlib, which is not installed; pip install matplotlib") from None
    return pyplot


def _eager(frame: Any) -> nw.DataFrame[Any]:
    """A frame of any kind, in memory."""
    known = nw.from_native(frame)
    return known.collect() if isinstance(known, nw.LazyFrame) else known


def _times(frame: nw.DataFrame[Any], column: str = "ds") -> list[Any]:
    return frame.get_column(column).to_list()


def plot_forecast(
    df: Any,
    forecast: Any,
    series: str | tuple[str, str],
    *,
    days: int = 365,
    id_col: str | Sequence[str] | None = None,
    time_col: str = "ds",
    target_col: str = "y",
    ax: Any = None,
) -> Any:
    """Plot the last `days` of one series, its forecast, and its intervals. Returns the axes."""
    pyplot = _pyplot()
    ax = pyplot.subplots(figsize=(10, 4))[1] if ax is None else ax
    names = [series] if isinstance(series, str) else list(series)
    columns = (["unique_id"] if len(names) == 1 else ["host", "resource"]) if id_col is None else id_col
    columns = [columns] if isinstance(columns, str) else list(columns)
    history, future = _eager(df), _eager(forecast)
    for column, name in zip(columns, names):
        history = history.filter(nw.col(column).cast(nw.String) == name)
        future = future.filter(nw.col(column).cast(nw.String) == name)
    if future.is_empty():
        raise ValueError(f"{'/'.join(names)} has no forecast; the issues_ of the FleetForecast say why")
    history = history.sort(time_col).tail(days)
    ax.plot(_times(history, time_col), history.get_column(target_col).to_list(), ".", color=_GREY, markersize=3)
    times = _times(future, time_col)
    lower = [name for name in future.columns if "-lo-" in name]
    for name in lower:
        bounds = [future.get_column(side).to_list() for side in (name, name.replace("-lo-", "-hi-"))]
        ax.fill_between(times, *bounds, color=_BLUE, alpha=0.15, linewidth=0, label=f"{name.rsplit('-', 1)[1]} %")
    used = {*columns, time_col, *lower, *(name.replace("-lo-", "-hi-") for name in lower)}
    for name in future.columns:
        if name not in used and future.schema[name].is_float():
            ax.plot(times, future.get_column(name).to_list(), color=_BLUE, label=name)
    ax.set_title("/".join(names))
    ax.legend(frameon=False)
    return ax


def plot_outlook(outlook: Any, *, top: int = 20, ax: Any = None) -> Any:
    """Plot the series that are full first: from the day that is as early as one in ten cases to that of nine in ten.

    `outlook` is the `outlook_` of a `FleetForecast`. Returns the axes.
    """
    pyplot = _pyplot()
    frame = _eager(outlook).filter(~nw.col("full_on_earliest").is_null() | (nw.col("status") == "over"))
    rows = sorted(frame.iter_rows(named=True), key=lambda row: (row["full_on"] is None, row["full_on"] or row["full_on_earliest"]))
    rows = rows[:top]
    ax = pyplot.subplots(figsize=(10, 0.3 * max(len(rows), 3) + 1))[1] if ax is None else ax
    for place, row in enumerate(rows):
        earliest = row["full_on_earliest"]
        ends = [day for day in (row["full_on"], row["full_on_latest"]) if day is not None]
        ax.plot([earliest, ends[-1] if ends else earliest], [place, place], color=_BLUE, linewidth=4, alpha=0.3)
        ax.plot([earliest], [place], "|", color=_BLUE)
        if row["full_on"] is not None:
            ax.plot([row["full_on"]], [place], "o", color=_RED if row["status"] == "over" else _BLUE)
    names = ["/".join(str(row[column]) for column in ("unique_id", "host", "resource") if column in row) for row in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.invert_yaxis()
    ax.set_xlabel("full")
    return ax


def plot_prophet(model: Prophet, fcst: Any, ax: Any, figsize: tuple[float, float]) -> Any:
    """Plot a forecast of `model` and the observations, as Prophet's `plot` does. Returns the figure."""
    pyplot = _pyplot()
    ax = pyplot.subplots(figsize=figsize)[1] if ax is None else ax
    history, forecast = _eager(model.history), _eager(fcst)
    ax.plot(_times(history), history.get_column("y").to_list(), "k.", markersize=3, label="observed")
    ax.plot(_times(forecast), forecast.get_column("yhat").to_list(), color=_BLUE, label="forecast")
    if "yhat_lower" in forecast.columns:
        bounds = [forecast.get_column(side).to_list() for side in ("yhat_lower", "yhat_upper")]
        ax.fill_between(_times(forecast), *bounds, color=_BLUE, alpha=0.2, label=f"{100 * model.interval_width:g} %")
    for name in ("cap", "floor"):
        if name in forecast.columns:
            ax.plot(_times(forecast), forecast.get_column(name).to_list(), "k--")
    ax.set_xlabel("ds")
    ax.set_ylabel("y")
    return ax.figure


def plot_prophet_components(model: Prophet, fcst: Any, figsize: tuple[float, float] | None) -> Any:
    """Plot trend, seasons, holidays and regressors of a forecast over its days. Returns the figure."""
    pyplot = _pyplot()
    forecast = _eager(fcst)
    wanted = ["trend", *(["holidays"] if "holidays" in forecast.columns else [])]
    wanted += [name for name in model.seasonalities if name in forecast.columns]
    wanted += [f"extra_regressors_{mode}" for mode in ("additive", "multiplicative") if f"extra_regressors_{mode}" in forecast.columns]
    figure, axes = pyplot.subplots(len(wanted), 1, figsize=figsize or (9, 3 * len(wanted)), squeeze=False)
    for name, ax in zip(wanted, axes[:, 0]):
        times, values = _times(forecast), forecast.get_column(name).to_list()
        period = model.seasonalities.get(name, {}).get("period")
        if period is not None and period <= 7:
            # Of a short season, one period is the whole of it.
            shown = [place for place, time in enumerate(times) if (time - times[0]).total_seconds() <= 86_400 * period]
            times, values = [times[place] for place in shown], [values[place] for place in shown]
        ax.plot(times, values, color=_BLUE)
        if f"{name}_lower" in forecast.columns and name == "trend":
            bounds = [forecast.get_column(f"trend_{side}").to_list() for side in ("lower", "upper")]
            ax.fill_between(times, *bounds, color=_BLUE, alpha=0.2)
        ax.set_ylabel(name)
    figure.tight_layout()
    return figure

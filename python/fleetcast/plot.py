"""Charts with matplotlib or plotly, whichever is there; both are extras: `pip install fleetcast[plot]` brings matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import narwhals as nw

if TYPE_CHECKING:
    from fleetcast.prophet import Prophet

__all__ = ["plot_forecast", "plot_outlook", "plot_prophet", "plot_prophet_components"]

_BLUE, _RED, _GREY, _BLACK = "#0072B2", "#D55E00", "#555555", "#000000"


class _Panel(Protocol):
    """One chart, whoever draws it."""

    def points(self, x: list[Any], y: list[Any], color: str, label: str | None = None) -> None: ...

    def line(self, x: list[Any], y: list[Any], color: str, label: str | None = None, dashed: bool = False) -> None: ...

    def band(self, x: list[Any], lower: list[Any], upper: list[Any], label: str | None = None) -> None: ...

    def span(self, x: list[Any], y: float, color: str) -> None: ...

    def words(self, *, title: str | None = None, x: str | None = None, y: str | None = None, legend: bool = False) -> None: ...

    def names(self, names: list[str]) -> None: ...


class _Axes:
    """A chart of matplotlib."""

    def __init__(self, ax: Any) -> None:
        self.ax = ax

    def points(self, x: list[Any], y: list[Any], color: str, label: str | None = None) -> None:
        self.ax.plot(x, y, ".", color=color, markersize=3, label=label)

    def line(self, x: list[Any], y: list[Any], color: str, label: str | None = None, dashed: bool = False) -> None:
        self.ax.plot(x, y, "--" if dashed else "-", color=color, label=label)

    def band(self, x: list[Any], lower: list[Any], upper: list[Any], label: str | None = None) -> None:
        self.ax.fill_between(x, lower, upper, color=_BLUE, alpha=0.2, linewidth=0, label=label)

    def span(self, x: list[Any], y: float, color: str) -> None:
        self.ax.plot([x[0], x[-1]], [y, y], color=color, linewidth=4, alpha=0.3)
        self.ax.plot([x[0]], [y], "|", color=color)
        if len(x) > 2:
            self.ax.plot([x[1]], [y], "o", color=color)

    def words(self, *, title: str | None = None, x: str | None = None, y: str | None = None, legend: bool = False) -> None:
        for text, put in ((title, self.ax.set_title), (x, self.ax.set_xlabel), (y, self.ax.set_ylabel)):
            if text is not None:
                put(text)
        if legend:
            self.ax.legend(frameon=False)

    def names(self, names: list[str]) -> None:
        self.ax.set_yticks(range(len(names)), names)
        self.ax.invert_yaxis()


class _Row:
    """A chart of plotly: a row of a figure."""

    def __init__(self, figure: Any, row: int | None) -> None:
        self.figure, self.row = figure, row

    def _place(self) -> dict[str, int]:
        # A figure of somebody's own may have no rows.
        return {} if self.row is None else {"row": self.row, "col": 1}

    def _add(self, x: list[Any], y: list[Any], label: str | None, **how: Any) -> None:
        self.figure.add_scatter(x=x, y=y, name=label, showlegend=label is not None, **how, **self._place())

    def points(self, x: list[Any], y: list[Any], color: str, label: str | None = None) -> None:
        self._add(x, y, label, mode="markers", marker={"color": color, "size": 3})

    def line(self, x: list[Any], y: list[Any], color: str, label: str | None = None, dashed: bool = False) -> None:
        self._add(x, y, label, mode="lines", line={"color": color, "dash": "dash" if dashed else "solid"})

    def band(self, x: list[Any], lower: list[Any], upper: list[Any], label: str | None = None) -> None:
        self._add([*x, *reversed(x)], [*upper, *reversed(lower)], label, mode="none", fill="toself", fillcolor="rgba(0,114,178,0.2)")

    def span(self, x: list[Any], y: float, color: str) -> None:
        self._add([x[0], x[-1]], [y, y], None, mode="lines", line={"color": color, "width": 6}, opacity=0.4)
        if len(x) > 2:
            self._add([x[1]], [y], None, mode="markers", marker={"color": color, "size": 9})

    def words(self, *, title: str | None = None, x: str | None = None, y: str | None = None, legend: bool = False) -> None:
        if title is not None:
            self.figure.update_layout(title=title)
        self.figure.update_xaxes(title_text=x, **self._place())
        self.figure.update_yaxes(title_text=y, **self._place())
        if legend:
            self.figure.update_layout(showlegend=True)

    def names(self, names: list[str]) -> None:
        ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names}
        self.figure.update_yaxes(autorange="reversed", **ticks, **self._place())


def _panels(rows: int, figsize: tuple[float, float], ax: Any) -> tuple[list[_Panel], Any]:
    """Charts one below the other, and what they stand in: an axes or a figure of matplotlib, where that is there, or a figure
    of plotly. `ax` is where to draw a single one: an axes, or a figure of plotly."""
    if ax is not None and hasattr(ax, "add_scatter"):
        return [_Row(ax, None)], ax
    if ax is not None:
        return [_Axes(ax)], ax
    try:
        from matplotlib import pyplot
    except ImportError:
        pass
    else:
        figure, axes = pyplot.subplots(rows, 1, figsize=figsize, squeeze=False)
        return [_Axes(ax) for ax in axes[:, 0]], figure
    try:
        from plotly.subplots import make_subplots
    except ImportError:
        raise ImportError("charts are drawn with matplotlib or plotly, and neither is installed; pip install matplotlib") from None
    figure = make_subplots(rows=rows, cols=1)
    figure.update_layout(width=100 * figsize[0], height=100 * figsize[1], template="plotly_white")
    return [_Row(figure, row + 1) for row in range(rows)], figure


def _drawn(panel: _Panel) -> Any:
    """What a single chart is returned as: an axes, or a figure of plotly."""
    return panel.ax if isinstance(panel, _Axes) else panel.figure  # type: ignore[attr-defined]


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
    """Plot the last `days` of one series, its forecast, and its intervals.

    Returns the axes; where plotly is there and matplotlib is not, plotly's figure. `ax` may be either.
    """
    [panel], _ = _panels(1, (10, 4), ax)
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
    panel.points(_times(history, time_col), history.get_column(target_col).to_list(), _GREY)
    times = _times(future, time_col)
    lower = [name for name in future.columns if "-lo-" in name]
    for name in lower:
        bounds = [future.get_column(side).to_list() for side in (name, name.replace("-lo-", "-hi-"))]
        panel.band(times, *bounds, label=f"{name.rsplit('-', 1)[1]} %")
    used = {*columns, time_col, *lower, *(name.replace("-lo-", "-hi-") for name in lower)}
    for name in future.columns:
        if name not in used and future.schema[name].is_float():
            panel.line(times, future.get_column(name).to_list(), _BLUE, label=name)
    panel.words(title="/".join(names), legend=True)
    return _drawn(panel)


def plot_outlook(outlook: Any, *, top: int = 20, ax: Any = None) -> Any:
    """Plot the series that are full first: from the day that is as early as one in ten cases to that of nine in ten.

    `outlook` is the `outlook_` of a `FleetForecast`. Returns the axes, or plotly's figure.
    """
    frame = _eager(outlook).filter(~nw.col("full_on_earliest").is_null() | (nw.col("status") == "over"))
    rows = sorted(frame.iter_rows(named=True), key=lambda row: (row["full_on"] is None, row["full_on"] or row["full_on_earliest"]))
    rows = rows[:top]
    [panel], _ = _panels(1, (10, 0.3 * max(len(rows), 3) + 1), ax)
    for place, row in enumerate(rows):
        earliest, likely, latest = row["full_on_earliest"], row["full_on"], row["full_on_latest"]
        days = [earliest, latest or likely or earliest] if likely is None else [earliest, likely, latest or likely]
        panel.span(days, place, _RED if row["status"] == "over" else _BLUE)
    panel.names(["/".join(str(row[column]) for column in ("unique_id", "host", "resource") if column in row) for row in rows])
    panel.words(x="full")
    return _drawn(panel)


def plot_prophet(model: Prophet, fcst: Any, ax: Any, figsize: tuple[float, float]) -> Any:
    """Plot a forecast of `model` and the observations, as Prophet's `plot` does. Returns the figure."""
    [panel], figure = _panels(1, figsize, ax)
    history, forecast = _eager(model.history), _eager(fcst)
    panel.points(_times(history), history.get_column("y").to_list(), _BLACK, label="observed")
    panel.line(_times(forecast), forecast.get_column("yhat").to_list(), _BLUE, label="forecast")
    if "yhat_lower" in forecast.columns:
        bounds = [forecast.get_column(side).to_list() for side in ("yhat_lower", "yhat_upper")]
        panel.band(_times(forecast), *bounds, label=f"{100 * model.interval_width:g} %")
    for name in ("cap", "floor"):
        if name in forecast.columns:
            panel.line(_times(forecast), forecast.get_column(name).to_list(), _BLACK, dashed=True)
    panel.words(x="ds", y="y")
    return getattr(figure, "figure", figure)


def plot_prophet_components(model: Prophet, fcst: Any, figsize: tuple[float, float] | None) -> Any:
    """Plot trend, seasons, holidays and regressors of a forecast over its days. Returns the figure."""
    forecast = _eager(fcst)
    wanted = ["trend", *(["holidays"] if "holidays" in forecast.columns else [])]
    wanted += [name for name in model.seasonalities if name in forecast.columns]
    wanted += [f"extra_regressors_{mode}" for mode in ("additive", "multiplicative") if f"extra_regressors_{mode}" in forecast.columns]
    panels, figure = _panels(len(wanted), figsize or (9, 3 * len(wanted)), None)
    for name, panel in zip(wanted, panels):
        times, values = _times(forecast), forecast.get_column(name).to_list()
        period = model.seasonalities.get(name, {}).get("period")
        if period is not None and period <= 7:
            # Of a short season, one period is the whole of it.
            shown = [place for place, time in enumerate(times) if (time - times[0]).total_seconds() <= 86_400 * period]
            times, values = [times[place] for place in shown], [values[place] for place in shown]
        panel.line(times, values, _BLUE)
        if f"{name}_lower" in forecast.columns and name == "trend":
            bounds = [forecast.get_column(f"trend_{side}").to_list() for side in ("lower", "upper")]
            panel.band(times, *bounds)
        panel.words(y=name)
    if hasattr(figure, "tight_layout"):
        figure.tight_layout()
    return figure

"""The four stages on an open DuckDB connection."""

from __future__ import annotations

import datetime
import json
import re
import time
import warnings
from typing import Any

from fleetcast import _fleetcast
from fleetcast._fleet import FleetForecast
from fleetcast._models import stands_beside, with_library
from fleetcast._progress import progress_of

__all__ = ["run"]

# The version of the tables in the store's own statements.
SCHEMA_VERSION = 12

# The tables that a run fills, in the order of its stages.
_STAGES = {
    "prophet": ["prophet_forecasts", "prophet_inner_forecasts"],
    "challenger": ["challenger_forecasts", "challenger_inner_forecasts"],
    "xgboost": ["xgboost_forecasts", "xgboost_inner_forecasts"],
    "judge": ["model_leaderboard", "backtest_scores", "interval_calibration", "judge_forecasts"],
    "write": [
        "forecasts",
        "past_forecasts",
        "outlook_calibration",
        "capacity_outlook",
        "group_forecasts",
        "group_outlook",
    ],
}
# Those that say what an engine was asked, for runs that reuse its answers: this one leaves none.
_INPUTS = ["prophet_inputs", "challenger_inputs", "xgboost_inputs"]
# What is noted beside the data, which only the command line knows how to use.
_NOTES = {
    "unfinished_days": "unfinished days of the last import",
    "repeated_instants": "instants with several values of the last import",
    "capacity_changes": "capacities that changed",
}
_STALE_AFTER_DAYS = 42
# The name of rows on their way into a table.
_ROWS = "fleetcast_rows_of_a_run"


def run(con: Any, *, keep_records: int = 12, force: bool = False, verbose: bool = False, **options: Any) -> int:
    """Run the four stages over `processed_data` of an open connection, and return the run's number.

    The tables of the contract take the places of the earlier ones in one transaction, or nothing changes: where the run fails,
    where Ctrl-C ends it, or where less than half of the series that have a golden record would have one again (`force`
    replaces it all the same). They equal those of the command line's `run-all`, but a run here is not taken up again where it was
    cut off, and reuses nothing. `options` are those of `FleetForecast`, but for `limits`, which are read from
    `resource_limits`, `attributes`, which are read from `host_attributes`, and `events`, which are read from the table of that name; `keep_records` golden records are kept beside the newest.
    """
    for name in ("limits", "attributes", "events", "judge", "duplicates"):
        if name in options:
            raise ValueError(
                f"{name} is no option of run(); limits stand in the table resource_limits, attributes in host_attributes, events in "
                "events, and the judge always chooses"
            )
    forecaster = FleetForecast(duplicates="mean", **options)
    # Statements of one transaction have one number, and others have one each. To ask by BEGIN would abort the user's.
    first, second = (_row(con, "SELECT txid_current()") for _ in range(2))
    if first == second:
        raise ValueError(
            "the connection is inside a transaction of yours; commit it or roll it back first, for a run has one of its own"
        )
    con.execute("BEGIN TRANSACTION")
    try:
        run_id = _run(con, forecaster, keep_records, force, verbose)
        con.execute("COMMIT")
    except BaseException as error:
        con.execute("ROLLBACK")
        con.unregister(_ROWS)
        if isinstance(error, RuntimeError) and "Query interrupted" in str(error):
            # DuckDB's word for Ctrl-C.
            raise KeyboardInterrupt from error
        raise
    return run_id


def _run(con: Any, forecaster: FleetForecast, keep_records: int, force: bool, verbose: bool) -> int:
    _check_input(con)
    _make_tables(con)
    names = {"ids": ["host", "resource"], "time": "ds", "target": "utilization"}
    events = [(day.isoformat(), name, host) for day, name, host in con.execute(_sql("read_events")).fetchall()]
    settings = with_library(forecaster._settings | {"h": 180, "levels": [], "events": events})
    data = "SELECT host::VARCHAR AS host, resource::VARCHAR AS resource, ds, utilization FROM processed_data"
    as_of_days, origin_days, _ = _fleetcast.windows(con.sql(data), names, settings)
    as_of, origin = (datetime.date(1970, 1, 1) + datetime.timedelta(days=days) for days in (as_of_days, origin_days))
    run_id = _begin(con, settings, as_of, keep_records)
    incumbents = con.execute(_sql("incumbents"), [run_id]).fetchall()
    limits = con.sql(
        f"SELECT host, resource, floor, capacity, threshold, {_valid_from(con)} AS valid_from FROM resource_limits"
    ).to_arrow_table()
    attributes = con.sql("SELECT host, key, value FROM host_attributes ORDER BY ALL").to_arrow_table()
    begun = time.monotonic()
    with progress_of(verbose) as progress:
        tables = _fleetcast.forecast(
            con.sql(data),
            names,
            settings | {"as_of": as_of.isoformat()},
            limits=limits,
            attributes=attributes,
            incumbents=[row for row in incumbents if row[2] is not None],
            tables=[table for of_stage in _STAGES.values() for table in of_stage] + ["models", "series_issues"],
            progress=progress,
        )
    seconds = time.monotonic() - begun
    for note in tables["notes"]:
        warnings.warn(note, stacklevel=3)
    _refuse_collapse(con, tables["forecasts"], as_of, force)
    trained_through = as_of if settings["refit"] else origin
    con.execute(_sql("archive_golden_record"), [trained_through])
    con.execute(_sql("forget_golden_records"), [trained_through, keep_records])
    con.execute(_sql("archive_outlook"), [as_of])
    con.execute(_sql("forget_outlooks"), [as_of])
    for table in [*(table for of_stage in _STAGES.values() for table in of_stage), "models", "series_issues", *_INPUTS]:
        con.execute(f"DROP TABLE IF EXISTS {table}")
        con.execute(_definition(table))
        if table in tables:
            with _registered(con, tables[table]) as rows:
                con.execute(f"INSERT INTO {table} BY NAME SELECT ?::BIGINT AS run_id, * FROM {rows}", [run_id])
    con.execute(_sql("views"))
    if _has_table(con, "demo_labels"):
        con.execute(_sql("behaviour_view"))
    # All stages are one pass here, and their time is that of all.
    engines = ["prophet", "challenger"]
    if stands_beside(settings):
        engines.append("xgboost")
    stages = [*engines, "judge", "write"]
    counts = {stage: _count(con, _STAGES[stage][0]) for stage in stages}
    changes = [f"{stage}_rows = {count}, {stage}_seconds = {seconds}" for stage, count in counts.items()]
    changes += [f"{engine}_reused = 0" for engine in engines]
    con.execute(
        f"UPDATE runs SET status = 'complete', finished_at = ?, {', '.join(changes)} WHERE run_id = ?",
        [_now(), run_id],
    )
    return run_id


def _check_input(con: Any) -> None:
    if not _has_table(con, "processed_data"):
        raise ValueError("there is no table processed_data; make one, or a view, with host, resource, ds and utilization")
    types = {name.lower(): kind for name, kind, *_ in con.execute("DESCRIBE processed_data").fetchall()}
    for column in ("host", "resource", "ds", "utilization"):
        if column not in types:
            raise ValueError(f"processed_data has no column `{column}`, only {', '.join(types)}; rename one, or make a view")
    if types["ds"] != "DATE":
        raise ValueError(f"column `ds` of processed_data is {types['ds']}, not DATE; make a view with ds::DATE")
    for table, what in _NOTES.items():
        if _has_table(con, table) and _count(con, table):
            raise ValueError(
                f"{table} has {what}, which only the command line looks at; run `fleetcast run-all`"
            )


def _make_tables(con: Any) -> None:
    """Make the tables that are missing, in a database that is fleetcast's or has none of its tables."""
    definitions = _definitions()
    if _has_table(con, "fleetcast_schema"):
        found = con.execute("SELECT version FROM fleetcast_schema").fetchall()
        if found != [(SCHEMA_VERSION,)]:
            raise ValueError(
                f"the tables have version {found[0][0] if found else 0}, and this package writes {SCHEMA_VERSION}; "
                "any command of a program of the same version as the package brings older ones up to date"
            )
        con.execute(_definition("resource_limits"))
        return
    inputs = {"processed_data", "resource_limits", "demo_labels"}
    for table in definitions.keys() - inputs:
        if _has_table(con, table):
            raise ValueError(f"there is a table {table} already, and fleetcast did not make it; use another database or schema")
    for table in definitions.keys() - {"processed_data", "demo_labels"}:
        con.execute(_definition(table))
    con.execute("INSERT INTO fleetcast_schema VALUES (?)", [SCHEMA_VERSION])
    rules = {"{valid_from}": _valid_from(con), "{rules}": _sql("limit_rules"), "{shares}": _sql("limit_shares")}
    view = _sql("effective_limits")
    for placeholder, sql in (rules | {"{until}": "DATE '9999-12-31'"}).items():
        view = view.replace(placeholder, sql)
    con.execute(view)


def _valid_from(con: Any) -> str:
    """The first day of a rule, as an expression: a table that somebody else has made may have none."""
    columns = {name.lower() for name, *_ in con.execute("DESCRIBE resource_limits").fetchall()}
    return "valid_from::DATE" if "valid_from" in columns else "NULL::DATE"


def _begin(con: Any, settings: dict[str, Any], as_of: datetime.date, keep_records: int) -> int:
    _, fingerprint = _row(con, _sql("data_summary"))
    (series,) = _row(con, "SELECT count(DISTINCT (host, resource)) FROM processed_data")
    (run_id,) = _row(con, "SELECT coalesce(max(run_id), 0) + 1 FROM runs")
    config = {
        "challenger": {"engine": "ets"},
        "data": {"keep_last_day": False},
        "forecast": {
            "backtest_months": settings["backtest_months"],
            "horizon_days": settings["h"],
            "interval_level": 0.8,
            "refit": settings["refit"],
            "regimes": settings["regimes"],
            "train_months": settings["train_months"],
        },
        "judge": {
            "golden": settings["golden"],
            "metric": settings["metric"],
            "promotion_margin": float(settings["promotion_margin"]),
        },
        "outlook": {"sustained": settings["sustained"]},
        "prophet": {"mode": settings["mode"]},
        "write": {"interval_level": 0.8, "keep_records": keep_records},
    }
    if settings["xgboost"] is not None:
        config["xgboost" if stands_beside(settings) else "challenger"] = {"engine": "xgboost"}
    fingerprint_of_calendar = _fleetcast.calendar_fingerprint(settings)
    if fingerprint_of_calendar is not None:
        config["forecast"]["calendar"] = {"fingerprint": fingerprint_of_calendar, "holidays": []}
    con.execute(
        "INSERT INTO runs (run_id, started_at, status, as_of, config, data_fingerprint, fleetcast_version, series) "
        "VALUES (?, ?, 'running', ?, ?, ?, ?, ?)",
        [
            run_id,
            _now(),
            as_of,
            json.dumps(config, separators=(",", ":"), sort_keys=True),
            fingerprint,
            _fleetcast.__version__,
            series,
        ],
    )
    return run_id


def _refuse_collapse(con: Any, golden: Any, as_of: datetime.date, force: bool) -> None:
    """Refuse to put fewer than half of the golden record's series in its place, or none at all."""
    (last,) = _row(con, _sql("golden_as_of"))
    if force or last is None or last > as_of:
        return
    with _registered(con, golden) as rows:
        standing = _sql("standing_in").replace("{drafted}", rows)
        had, keep, would_have = _row(con, standing, [as_of, _STALE_AFTER_DAYS])
    if would_have == 0 or 2 * keep < had:
        raise ValueError(
            f"{keep} of {had} series that have a golden record would have one again; the earlier tables stand, and "
            "force=True replaces them all the same"
        )


class _registered:
    """Rows of Arrow under a name in a connection."""

    def __init__(self, con: Any, table: Any) -> None:
        import pyarrow

        self._con, self._table = con, pyarrow.table(table)

    def __enter__(self) -> str:
        self._con.register(_ROWS, self._table)
        return _ROWS

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        # A transaction that was aborted takes no more statements.
        if error is None:
            self._con.unregister(_ROWS)


def _sql(name: str) -> str:
    return _fleetcast.STORE_SQL[name]


def _definitions() -> dict[str, str]:
    """The statements that make tables, by their names."""
    parts = re.split(r"^-- table: (\w+)$", _sql("tables"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def _definition(table: str) -> str:
    return _definitions()[table].replace("{table}", table)


def _has_table(con: Any, table: str) -> bool:
    found = _row(
        con,
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = current_schema() AND table_name = ?",
        [table],
    )
    return found != (0,)


def _count(con: Any, table: str) -> int:
    return _row(con, f"SELECT count(*) FROM {table}")[0]


def _row(con: Any, sql: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
    """Return the one row of a statement, and leave no result open: a connection has one at a time."""
    return con.execute(sql, parameters or []).fetchall()[0]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)

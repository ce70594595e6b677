"""The four stages on a connection of the user's."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

import duckdb
import fleetcast
import pytest
from conftest import AS_OF, rows_of

pytestmark = pytest.mark.filterwarnings("ignore:.*have no forecast.*:UserWarning")

# With what they have of the tables before.
VIEWS = ["act_list", "outlook_lists", "oversized"]
RESULTS = [
    "prophet_forecasts",
    "prophet_inner_forecasts",
    "challenger_forecasts",
    "challenger_inner_forecasts",
    "xgboost_forecasts",
    "xgboost_inner_forecasts",
    "backtest_scores",
    "model_leaderboard",
    "interval_calibration",
    "judge_forecasts",
    "forecasts",
    "past_forecasts",
    "outlook_calibration",
    "capacity_outlook",
    "group_forecasts",
    "group_outlook",
    "series_issues",
]


@pytest.fixture
def con(hosts):
    connection = duckdb.connect()
    frame = hosts.to_arrow()
    connection.execute("CREATE TABLE processed_data AS SELECT host, resource, ds, y AS utilization FROM frame")
    return connection


def test_a_run_makes_the_tables_of_the_contract(con, hosts):
    assert fleetcast.run(con) == 1
    fleet = fleetcast.FleetForecast()
    fleet.forecast(hosts)
    assert con.execute("SELECT yhat FROM forecasts").fetchall() == fleet.forecasts_.select("yhat").rows()
    status, series, as_of, rows = con.execute("SELECT status, series, as_of, write_rows FROM runs").fetchone()
    assert (status, series, as_of, rows) == ("complete", 3, AS_OF, 3 * 180)
    assert con.execute("SELECT count(*) FROM effective_limits WHERE threshold = 80").fetchone() == (3,)
    assert con.execute("SELECT count(*) FROM live_accuracy").fetchone() == (0,)
    # The same again is another run with the same tables.
    before = {table: rows_of(con, table) for table in RESULTS}
    assert fleetcast.run(con) == 2
    assert before == {table: rows_of(con, table) for table in RESULTS}
    assert con.execute("SELECT count(*) FROM forecasts_history").fetchone() == (0,)


def test_earlier_records_become_history_and_winners_hold(con):
    fleetcast.run(con, as_of="2025-11-30")
    winners = con.execute("SELECT host, winner FROM model_leaderboard ORDER BY host").fetchall()
    fleetcast.run(con)
    assert con.execute("SELECT count(*), any_value(trained_through)::VARCHAR FROM forecasts_history").fetchone() == (540, "2025-11-30")
    assert con.execute("SELECT count(*) FROM outlook_history").fetchone() == (3,)
    assert con.execute("SELECT host, incumbent FROM model_leaderboard ORDER BY host").fetchall() == winners


def test_limits_are_read_from_their_table(con):
    con.execute("CREATE TABLE resource_limits (host VARCHAR, resource VARCHAR, floor DOUBLE, capacity DOUBLE, threshold DOUBLE)")
    con.execute("INSERT INTO resource_limits VALUES (NULL, 'disk', NULL, 200, NULL)")
    fleetcast.run(con)
    assert con.execute("SELECT DISTINCT capacity, threshold FROM capacity_outlook").fetchall() == [(200.0, 160.0)]


def test_a_transaction_of_the_users_is_refused_and_left_alone(con):
    con.execute("BEGIN")
    con.execute("CREATE TABLE mine (x INTEGER)")
    with pytest.raises(ValueError, match="inside a transaction of yours; commit it or roll it back first"):
        fleetcast.run(con)
    con.execute("COMMIT")
    assert con.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_most_forecasts_are_never_lost_silently(con):
    fleetcast.run(con)
    golden = rows_of(con, "forecasts")
    con.execute("DELETE FROM processed_data WHERE host LIKE 'db%' AND ds < DATE '2025-12-25'")
    with pytest.raises(ValueError, match="1 of 3 series that have a golden record would have one again"):
        fleetcast.run(con)
    assert rows_of(con, "forecasts") == golden and con.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert fleetcast.run(con, force=True) == 2


def test_ctrl_c_leaves_nothing_behind(con):
    con.execute("INSERT INTO processed_data SELECT host || '-' || n, resource, ds, utilization + n / 100 FROM processed_data, range(400) AS t (n)")
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        fleetcast.run(con)
        threading.Event().wait(30)
    timer.join()
    assert con.execute("SELECT count(*) FROM information_schema.tables").fetchone() == (1,)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["DROP TABLE processed_data"], "there is no table processed_data"),
        (["ALTER TABLE processed_data DROP utilization"], "processed_data has no column `utilization`, only host, resource, ds"),
        (["ALTER TABLE processed_data ALTER ds TYPE TIMESTAMP"], "column `ds` of processed_data is TIMESTAMP, not DATE"),
        (["CREATE TABLE runs (x INTEGER)"], "there is a table runs already, and fleetcast did not make it"),
        (["CREATE TABLE fleetcast_schema AS SELECT 5 AS version"], "the tables have version 5, and this package writes 12"),
        (["CREATE TABLE unfinished_days AS SELECT 'a' AS host"], "only the command line looks at"),
        (["CREATE TABLE capacity_changes AS SELECT 'a' AS host"], "capacity_changes has capacities that changed, which only"),
    ],
)
def test_refusals(con, statements, message):
    for statement in statements:
        con.execute(statement)
    with pytest.raises(ValueError, match=message):
        fleetcast.run(con)
    con.execute("BEGIN")
    con.execute("COMMIT")


def test_options_that_stand_elsewhere(con):
    with pytest.raises(ValueError, match="limits is no option of run"):
        fleetcast.run(con, limits=None)


@pytest.mark.skipif(not os.environ.get("FLEETCAST_PROGRAM"), reason="FLEETCAST_PROGRAM names no program")
def test_tables_equal_those_of_the_command_line(tmp_path):
    """A demo fleet with all its defects, by the program and by Python: the same tables to the last bit."""
    program = os.environ["FLEETCAST_PROGRAM"]
    database = str(tmp_path / "fleet.duckdb")
    for command in (["demo", "--hosts", "40"], ["run-all", "--quiet"]):
        subprocess.run([program, *command, "--db", database], check=True, capture_output=True)
    with duckdb.connect(database) as con:
        theirs = {table: rows_of(con, table) for table in RESULTS + VIEWS}
        config, fingerprint = con.execute("SELECT config, data_fingerprint FROM runs").fetchone()
        columns = {table: con.execute(f"DESCRIBE {table}").fetchall() for table in RESULTS + VIEWS}
    other = duckdb.connect()
    other.execute(f"ATTACH '{database}' AS fleet (READ_ONLY)")
    other.execute("CREATE TABLE processed_data AS FROM fleet.main.processed_data")
    fleetcast.run(other)
    assert theirs["act_list"]
    for table in RESULTS + VIEWS:
        assert other.execute(f"DESCRIBE {table}").fetchall() == columns[table], table
        assert rows_of(other, table) == theirs[table], table
    assert other.execute("SELECT config, data_fingerprint FROM runs").fetchone() == (config, fingerprint)

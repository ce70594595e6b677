"""Held against one process: a fleet on Spark, long and packed, in few partitions and many, with an executor killed, and on Sail.

`python packaging/spark.py DIRECTORY`, in an environment with the wheel, pyspark and numpy. Fleet and results stand in
DIRECTORY. SERIES says how many series there are (1,200: more than a task works on at a time), TARGETS which engines (`spark`,
`sail` or both), and RUNS which runs, by name: fewer where the fleet is small, where they take longer than what they work on.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

PLACE = Path(sys.argv[1]).resolve()
SERIES = int(os.environ.get("SERIES", "1200"))
TARGETS = os.environ.get("TARGETS", "spark").split(",")
# More than one process should be asked to hold: packed rows alone, counted and not compared.
IS_LARGE = SERIES > 50_000
FIRST, DAYS = np.datetime64("2023-01-01"), 1096
RESOURCES = ("cpu", "memory", "disk", "sessions")

TABLES = {
    "forecasts": "forecasts_",
    "model_leaderboard": "leaderboard_",
    "backtest_scores": "scores_",
    "interval_calibration": "calibration_",
    "capacity_outlook": "outlook_",
    "series_issues": "issues_",
}

# Name: rows, partitions, staged, whether an executor is killed on the way.
RUNS = {
    "long-7": ("long", 7, True, False),
    "long-32": ("long", 32, False, False),
    "packed-7": ("packed", 7, False, False),
    "packed-32": ("packed", 32, True, False),
    "long-32-killed": ("long", 32, False, True),
    "packed-32-killed": ("packed", 32, True, True),
    "packed-256-killed": ("packed", 256, True, True),
}
SMALL = ["long-7", "packed-7", "packed-32", "long-32-killed"]
USUAL = SMALL if SERIES < 5_000 else [name for name in RUNS if ("256" in name) == IS_LARGE]


def names_of(series: int) -> tuple[str, str]:
    return f"host-{series // len(RESOURCES):07d}", RESOURCES[series % len(RESOURCES)]


def values_of(series: int) -> np.ndarray:
    """Three years of one series: level, growth, year and week, steps and odd days; NaN where a day is missing."""
    draw = np.random.Generator(np.random.PCG64(series))
    day = np.arange(DAYS)
    size = 1.0 if RESOURCES[series % len(RESOURCES)] != "sessions" else 900.0
    values = 20 + 40 * draw.random() + draw.normal(0, 0.01) * day + 4 * np.sin(2 * np.pi * (day / 7 + draw.random()))
    values = values + 6 * draw.random() * np.sin(2 * np.pi * (day / 365.25 + draw.random())) + draw.normal(0, 1.5, DAYS)
    kind = series % 50
    if kind == 3:
        values[draw.integers(300, 1000) :] += 15
    elif kind == 11:
        values[900:] += 0.15 * np.arange(DAYS - 900)
    elif kind == 17:
        values[:] = 42.5
    elif kind == 23:
        values[: DAYS - draw.integers(5, 400)] = np.nan
    elif kind == 29:
        values[DAYS - draw.integers(30, 200) :] = np.nan
    elif kind == 31:
        values[:] = np.nan
    values[draw.random(DAYS) < 0.01] = np.nan
    if kind == 37:
        values[draw.integers(0, DAYS, 4)] = 5_000.0
    return np.clip(values, 0, None) * size


def make_fleet() -> None:
    """The same fleet twice: long rows in files of a quarter each, and one row a series."""
    done = PLACE / f"fleet-{SERIES}"
    if done.exists():
        return
    making = PLACE / "fleet-making"
    shutil.rmtree(making, ignore_errors=True)
    for rows in ("long", "packed"):
        (making / rows).mkdir(parents=True)
    values = np.empty((1 if IS_LARGE else SERIES, DAYS))
    for part, first in enumerate(range(0, SERIES, 5000)):
        some = range(first, min(first + 5000, SERIES))
        block = np.stack([values_of(series) for series in some])
        flat = pa.array(block.ravel(), from_pandas=True)
        table = pa.table(
            {
                "host": [names_of(series)[0] for series in some],
                "resource": [names_of(series)[1] for series in some],
                "ds": pa.array(np.full(len(some), FIRST)),
                "utilization": pa.ListArray.from_arrays(np.arange(0, len(flat) + 1, DAYS, dtype=np.int32), flat),
            }
        )
        pq.write_table(table, making / "packed" / f"{part:03d}.parquet", compression="zstd", row_group_size=1000)
        if not IS_LARGE:
            values[some.start : some.stop] = block
    hosts = pa.array([names_of(series)[0] for series in range(len(values))])
    resources = pa.array([names_of(series)[1] for series in range(len(values))])
    for first in range(0, 0 if IS_LARGE else DAYS, 91):
        days = np.arange(first, min(first + 91, DAYS))
        table = pa.table(
            {
                "host": hosts.take(pa.array(np.tile(np.arange(SERIES), len(days)))),
                "resource": resources.take(pa.array(np.tile(np.arange(SERIES), len(days)))),
                "ds": pa.array(np.repeat((FIRST + days).astype("datetime64[D]"), SERIES)),
                "utilization": pa.array(values[:, days].T.ravel(), from_pandas=True),
            }
        )
        pq.write_table(table, making / "long" / f"{first:04d}.parquet", compression="zstd", row_group_size=200_000)
    making.rename(done)


def column_bytes(column: pa.Array) -> bytes:
    """What stands in a column, to the bit, whatever its chunks."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks)
    missing = column.is_null().to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_list(column.type):
        lengths = column.value_lengths().fill_null(0).to_numpy().tobytes()
        return missing + lengths + column_bytes(column.flatten())
    if pa.types.is_string(column.type):
        return missing + "\0".join(column.fill_null("").to_pylist()).encode()
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    return missing + column.fill_null(0).to_numpy(zero_copy_only=False).tobytes()


def digest(tables: dict[str, pa.Table]) -> str:
    found = hashlib.sha256()
    for name, table in sorted(tables.items()):
        plain = [(field.name, "ascending") for field in table.schema if not pa.types.is_list(field.type)]
        table = table.take(pa.compute.sort_indices(table, plain))
        found.update(f"{name} {table.num_rows} {table.column_names}".encode())
        for column in table.columns:
            found.update(column_bytes(column))
    return found.hexdigest()[:24]


def limits() -> pa.Table:
    return pa.table(
        {
            "host": pa.array([None, "host-0000003"], pa.string()),
            "resource": ["sessions", "cpu"],
            "capacity": pa.array([90_000.0, None]),
            "threshold": pa.array([None, 70.0]),
        }
    )


def one_process() -> str:
    import warnings

    import fleetcast

    frame = pq.read_table(PLACE / f"fleet-{SERIES}" / "long")
    began, used = time.time(), time.process_time()
    fleet = fleetcast.FleetForecast(limits=limits())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fleet.forecast(frame, h=180, id_col=["host", "resource"], target_col="utilization")
    seconds, used = time.time() - began, time.process_time() - used
    print(f"one process: {SERIES} series in {seconds:.1f} s, {used:.1f} s CPU, {1000 * used / SERIES:.1f} ms a series", flush=True)
    return digest({name: getattr(fleet, attribute) for name, attribute in TABLES.items()})


def children() -> dict[int, tuple[str, float]]:
    """The processes below this one: what they are, and the CPU seconds they have used."""
    found, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            line = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        parents[int(entry.name)] = int(stat[1])
        ticks = sum(int(one) for one in stat[11:15])
        kind = "executor" if "CoarseGrainedExecutorBackend" in line else "driver" if "java" in line[:60] else "python"
        found[int(entry.name)] = (kind, ticks / os.sysconf("SC_CLK_TCK"))

    def is_below(process: int) -> bool:
        while process > 1:
            if process == os.getpid():
                return True
            process = parents.get(process, 0)
        return False

    return {process: said for process, said in found.items() if is_below(process)}


def cpu() -> float:
    """The CPU seconds of all processes below this one, and of those of theirs that have ended."""
    return sum(seconds for _, seconds in children().values())


class Killer(threading.Thread):
    """Kills one executor while tasks of a pass are running."""

    def __init__(self, spark, after: float) -> None:
        super().__init__(daemon=True)
        self.spark, self.after, self.killed, self.over = spark, after, None, False

    def run(self) -> None:
        time.sleep(self.after)
        tracker = self.spark.sparkContext.statusTracker()
        while not self.over:
            busy = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            if any(stage and stage.numActiveTasks and stage.numCompletedTasks for stage in busy):
                executors = [process for process, (kind, _) in children().items() if kind == "executor"]
                if executors and not self.over:
                    self.killed = min(executors)
                    os.kill(self.killed, signal.SIGKILL)
                return
            time.sleep(0.02)


def run(spark, name: str, expected: str, known: dict[str, float], target: str = "spark") -> None:
    import fleetcast.spark

    rows, partitions, is_staged, is_killed = RUNS[name]
    sdf = spark.read.parquet(str(PLACE / f"fleet-{SERIES}" / rows))
    out, staging = PLACE / "out", PLACE / "staging"
    shutil.rmtree(out, ignore_errors=True)
    used, began = cpu(), time.time()
    # Half-way, by the shortest time that such rows took before: others may have had less of the machine.
    before = [took for other, took in known.items() if other.startswith(rows)]
    killer = Killer(spark, min(before, default=20.0) / 2) if is_killed else None
    if killer:
        killer.start()
    with fleetcast.spark.forecast(
        sdf, limits=limits(), partitions=partitions, staging=str(staging) if is_staged or target == "sail" else None
    ) as result:
        made = time.time() - began
        if killer:
            killer.over = True
            killer.join()
        result.write(str(out))
    seconds = time.time() - began
    known[name] = made
    spent = cpu() - used
    if IS_LARGE:
        rows_of = {table: pq.ParquetDataset(out / table) for table in TABLES}
        found = str({table: sum(part.count_rows() for part in of.fragments) for table, of in rows_of.items()})
    else:
        found = digest({table: pq.read_table(out / table) for table in TABLES})
    if killer and killer.killed is None:
        sys.exit(f"spark: {name}: no executor was killed")
    if staging.exists() and any(staging.iterdir()):
        sys.exit(f"spark: {name}: {staging} is not empty: {os.listdir(staging)}")
    lost = f", executor {killer.killed} killed" if killer else ""
    print(
        f"{target}: {name}: {SERIES} series in {seconds:.1f} s ({made:.1f} s until the tables were there{lost}; "
        f"{spent:.1f} s CPU, {1000 * spent / SERIES:.1f} ms a series), {'rows' if IS_LARGE else 'digest'} {found}",
        flush=True,
    )
    if not IS_LARGE and found != expected:
        sys.exit(f"{target}: {name}: the digest differs from the single process's {expected}")


def on_spark(expected: str) -> None:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "2g",
        "spark.executor.cores": "1",
        "spark.local.dir": str(PLACE / "spark-local"),
        "spark.sql.warehouse.dir": str(PLACE / "warehouse"),
    }
    if SERIES < 5_000:
        # What is over before it is warm is not worth a second compiler.
        settings["spark.driver.extraJavaOptions"] = settings["spark.executor.extraJavaOptions"] = "-XX:TieredStopAtLevel=1"
    builder = SparkSession.builder.master(os.environ.get("MASTER", "local-cluster[2,1,2048]")).appName("fleetcast")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    known: dict[str, float] = {}
    for name in os.environ.get("RUNS", ",".join(USUAL)).split(","):
        run(spark, name, expected, known)
    spark.stop()


def on_sail(expected: str) -> None:
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    for name in ("long-7", "packed-7"):
        run(spark, name, expected, {}, target="sail")
    spark.stop()
    server.stop()


def main() -> None:
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    make_fleet()
    said = PLACE / f"single-{SERIES}.json"
    if IS_LARGE:
        expected = ""
    elif said.exists():
        expected = json.loads(said.read_text())
    else:
        expected = one_process()
        said.write_text(json.dumps(expected))
    print(f"one process: digest {expected}", flush=True)
    if "spark" in TARGETS:
        on_spark(expected)
    if "sail" in TARGETS:
        on_sail(expected)


if __name__ == "__main__":
    main()

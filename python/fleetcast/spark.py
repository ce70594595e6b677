"""Fleets that outgrow one machine: the shop on Apache Spark.

`forecast` takes a Spark DataFrame and returns the contract's tables as DataFrames, to the bit those of `FleetForecast` on one
machine, whatever the partitions, the order of rows, and the executors that were lost on the way. The package must be installed
on the executors as well.

>>> import fleetcast.spark
>>> result = fleetcast.spark.forecast(spark.table("processed_data"))  # doctest: +SKIP
>>> result.write("hdfs:///capacity/2026-01-01")  # doctest: +SKIP
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fleetcast import _fleetcast
from fleetcast._fleet import FleetForecast, _day, _levels
from fleetcast._frames import stream_of
from fleetcast._models import stands_beside, with_library

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["FleetResult", "forecast"]

# The attributes of a result, and the tables of the contract that they are.
_TABLES = {
    "forecasts": "forecasts",
    "leaderboard": "model_leaderboard",
    "scores": "backtest_scores",
    "calibration": "interval_calibration",
    "outlook": "capacity_outlook",
    "issues": "series_issues",
}

# Those of groups of hosts, which are made of what all tasks add up.
_OF_GROUPS = {"group_forecasts": "group_forecasts", "group_outlook": "group_outlook"}

# Between passes a row is a series, or what a task has to say, as bytes.
_STAGED = "kind string, body binary"

# Series that are worked on at a time.
_SERIES = 512

# Rows of bytes that travel at a time: what engines answered on a series is some 30 kB.
_BODIES = 256

# Values that a task takes at most while it groups rows: 12 bytes each, and as many again while series are packed.
_MOST_VALUES = 60_000_000

# How many times the rows that a model of the fleet is trained on, as a rule, tasks send; a larger one where these were too few, and all.
_SLACKS = (2.0, 16.0, float("inf"))

# Rows of a table of groups that travel at a time.
_ROWS = 100_000

# Rows of bytes that Spark hands to a task at a time.
_BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"


class FleetResult:
    """The tables of a forecast, as DataFrames by the contract's schemas.

    They are complete when `forecast` returns, and are read from where the passes left them, on the executors' disks or below
    `staging`. `close`, or the end of a `with`, lets that go.
    """

    forecasts: DataFrame
    leaderboard: DataFrame
    scores: DataFrame
    calibration: DataFrame
    outlook: DataFrame
    issues: DataFrame
    group_forecasts: DataFrame
    group_outlook: DataFrame

    def __init__(self, tables: dict[str, DataFrame], as_of: datetime.date, stages: _Stages) -> None:
        self.tables = tables
        self.as_of = as_of
        self._stages = stages
        for name, table in (_TABLES | _OF_GROUPS).items():
            if table in tables:
                setattr(self, name, tables[table])

    def __getattr__(self, name: str) -> DataFrame:
        if name in _OF_GROUPS:
            raise AttributeError(f"there is no {name} without attributes, whose values make groups; give them to forecast()")
        raise AttributeError(f"a FleetResult has no attribute {name!r}")

    def write(self, path: str, *, mode: str = "error") -> None:
        """Write all tables as Parquet, each into a directory of its name below `path`, all of them or none.

        They are written beside `path` first, and take its place when the last one is complete: by one renaming, which readers
        of HDFS and of local disks see at once; object stores copy. What is there already is refused, or replaced where `mode` is
        `overwrite`.
        """
        if mode not in ("error", "overwrite"):
            raise ValueError(f"mode is {mode!r}; give 'error' or 'overwrite'")
        files = _Files(self._stages.spark)
        path = path.rstrip("/")
        if mode == "error" and files.exists(path):
            raise ValueError(f"{path} is there already; give another path, or mode='overwrite'")
        parent, slash, name = path.rpartition("/")
        beside = f"{parent}{slash}.{name}-{uuid.uuid4().hex}"
        try:
            for table, frame in self.tables.items():
                frame.write.parquet(f"{beside}/{table}")
            replaced = f"{beside}-replaced"
            if files.exists(path):
                files.rename(path, replaced)
            try:
                files.rename(beside, path)
            except BaseException:
                if files.exists(replaced):
                    files.rename(replaced, path)
                raise
            files.delete(replaced)
        finally:
            files.delete(beside)

    def close(self) -> None:
        """Let go of what the tables are read from."""
        self._stages.close()

    def __enter__(self) -> FleetResult:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def forecast(
    sdf: DataFrame,
    *,
    as_of: datetime.date | str | None = None,
    h: int = 180,
    level: Sequence[float] | float = (80, 95),
    id_cols: Sequence[str] | str = ("host", "resource"),
    time_col: str = "ds",
    target_col: str = "utilization",
    limits: Any = None,
    attributes: Any = None,
    partitions: int | None = None,
    staging: str | None = None,
    **options: Any,
) -> FleetResult:
    """Forecast the `h` days after the day that the fleet reaches, on the executors of a Spark session.

    Parameters
    ----------
    sdf
        Long rows, a row a series and day in any order; or packed rows, a row a series, where `target_col` is an array: a value
        a day from `time_col` on, null where a day is missing. A series may be spread over several packed rows.
    as_of
        The last day to look at; by default the day that the fleet reaches.
    level
        Levels of the golden record's intervals in percent: one of your choice, and 95.
    id_cols
        The columns that name a series' host and resource, or one that names a series.
    limits
        What "full" is, as in `FleetForecast`: a frame of pandas, polars or pyarrow, or a Spark DataFrame.
    attributes
        What is known of hosts, as in `FleetForecast`, in the kinds of frames that limits come in: groups have forecasts.
    partitions
        How many tasks the fleet is cut into; by default `spark.sql.shuffle.partitions`. Results do not depend on it. A task
        holds its rows, 24 bytes each, while it groups them.
    staging
        A directory that all executors reach, for what passes leave to each other. It survives the loss of executors; without
        one that is kept on the executors' disks, and what is lost with them is made again, to the same bits.
    options
        Those of `FleetForecast`: `models`, `metric`, `golden`, `regimes`, `train_months`, `duplicates` … Where `XGBoost()` is one of
        the models, it is trained on the driver, on a sample of the fleet; driver and executors need its library.

    A series without a forecast is in `issues`, never missing silently.
    """
    names = {"ids": [id_cols] if isinstance(id_cols, str) else list(id_cols), "time": time_col, "target": target_col}
    if not 1 <= len(names["ids"]) <= 2:
        raise ValueError(f"id_cols is {id_cols!r}; give the columns of host and resource, or the one that names a series")
    schema = _schema_of(sdf, names)
    for option in ("n_jobs", "verbose", "judge"):
        if option in options:
            raise ValueError(f"{option} is no option here: a task has one thread, Spark shows how far it is, the judge always chooses")
    settings = FleetForecast(**options)._called(names, h, None) | {"threads": 1}
    job = {
        "id": uuid.uuid4().hex,
        "schema": schema,
        "names": names,
        "settings": settings,
        "level": _golden_level(level),
        "limits": _small(limits, "limits"),
        "attributes": _small(attributes, "attributes"),
        "as_of": None if as_of is None else _day(as_of),
        "model": None,
    }
    spark = sdf.sparkSession
    if partitions is None:
        partitions = int(spark.conf.get("spark.sql.shuffle.partitions") or 200)
    if partitions < 1:
        raise ValueError(f"partitions is {partitions}; give at least 1")
    # What can be wrong with settings and limits is wrong here, before anything is read.
    _worker(job | {"id": None, "as_of": job["as_of"] or "2026-01-01"})
    stages = _Stages(spark, staging)
    batch = spark.conf.get(_BATCH)
    try:
        spark.conf.set(_BATCH, str(_BODIES))
        return _passes(sdf, job, partitions, stages)
    except BaseException as error:
        stages.close()
        said = _said_by_a_task(error)
        if said is None:
            raise
        raise ValueError(said) from None
    finally:
        spark.conf.set(_BATCH, batch or "10000")


def _passes(sdf: DataFrame, job: dict[str, Any], partitions: int, stages: _Stages) -> FleetResult:
    """Pass by pass: rows to series, what resources look like, engines, what crosses series, results."""
    from pyspark.sql import functions as F

    names = job["names"]
    keys = [F.coalesce(F.col(f"`{name}`").cast("string"), F.lit("")) for name in names["ids"]]
    columns = [F.col(f"`{name}`") for name in (*names["ids"], names["time"], names["target"])]
    rows = sdf.select(*columns).repartition(partitions, *keys)
    packed = stages.keep("series", rows.mapInArrow(_packer(names, partitions), _STAGED))

    if job["as_of"] is None:
        job["as_of"] = _fleetcast.last_day(_collected(packed, "ends"))
        if job["as_of"] is None:
            raise ValueError(
                f"no row has both a day in column `{names['time']}` and a number in column `{names['target']}`; "
                "there is nothing to forecast"
            )
    worker = _worker(job)
    surveyed = _of(packed, "rows").mapInArrow(_surveyor(job), _STAGED).collect()
    worker.refuse([bytes(row.body) for row in surveyed if row.kind == "checks"])
    survey = _fleetcast.Summary([bytes(row.body) for row in surveyed if row.kind == "survey"]).bytes()

    if job["settings"]["xgboost"] is not None:
        sample = _sample(packed, job, survey, worker)
        job["model"], note = worker.train(sample)
        if note is not None:
            warnings.warn(note, stacklevel=4)
        # Workers are kept by a job's number, and those of before have no model.
        job["id"] = uuid.uuid4().hex

    answered = _of(packed, "rows", "unusable").mapInArrow(_answerer(job, survey), _STAGED)
    answered = stages.keep("answers", answered)
    stages.release("series")
    gains = _fleetcast.gains(_collected(answered, "gains"))
    outlines = _collected(answered, "outline")
    if not outlines:
        # A model of the fleet stands beside the others, and what is weighed depends on what all gained by it.
        outlining = _of(answered, "answers").mapInArrow(_outliner(job, gains), _STAGED)
        outlines = [bytes(row.body) for row in outlining.collect()]
    outline = _fleetcast.Summary(outlines)
    parts = [survey]
    if len(outline):
        summing = _of(answered, "answers").mapInArrow(_summariser(job, outline.bytes(), gains), _STAGED)
        parts += [bytes(row.body) for row in summing.collect()]
    summary = _fleetcast.Summary(parts).bytes()

    finished = _of(answered, "answers", "unusable").mapInArrow(_finisher(job, summary, gains), _STAGED)
    finished = stages.keep("results", finished)
    stages.make(finished)
    stages.release("answers")
    tables = {}
    for name, table in worker.finish([], _fleetcast.Summary([]), gains)[0]:
        if name in _TABLES.values():
            tables[name] = _of(finished, name).mapInArrow(_decoded, _spark_schema(_arrow(table).schema))
    totals = _collected(finished, "totals") if job["attributes"] else []
    of_groups, notes = worker.finish_groups(worker.totals(totals)) if job["attributes"] else ([], [])
    for name, table in of_groups:
        # The driver has them already, and hands them out as the others are.
        table = _arrow(table)
        rows = [("group", bytearray(_encoded(table.slice(first, _ROWS)))) for first in range(0, len(table), _ROWS)]
        staged = stages.spark.createDataFrame(rows, _STAGED)
        tables[name] = staged.mapInArrow(_decoded, _spark_schema(table.schema))
    for note in notes:
        warnings.warn(note, stacklevel=4)
    return FleetResult(tables, datetime.date.fromisoformat(job["as_of"]), stages)


def _sample(packed: DataFrame, job: dict[str, Any], survey: bytes, worker: Any) -> bytes:
    """The rows that a model of the fleet is trained on: those of all tasks, of which each sends few more than are needed."""
    for slack in _SLACKS:
        sampled = _of(packed, "rows").mapInArrow(_sampler(job, survey, slack), _STAGED).collect()
        sample, is_certain = worker.samples([bytes(row.body) for row in sampled])
        if is_certain:
            return sample
    raise AssertionError("a sample of all rows is certain")


# What is run by tasks. Each takes the batches of a partition, in whatever order they come, and holds few of them.


def _packer(names: dict[str, Any], partitions: int) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def pack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        packer = None
        for batch in batches:
            if packer is None:
                packer = _fleetcast.Packer(batch.schema, names, _MOST_VALUES)
            if packer.push(batch):
                raise ValueError(
                    f"a task has more than {_MOST_VALUES} values to group, which would not fit into its memory; say "
                    f"partitions={4 * partitions}, more than the {partitions} of now"
                )
        if packer is not None:
            series, unusable, ends = packer.finish()
            yield from _staged("rows", series)
            yield from _staged("unusable", unusable)
            yield from _staged("ends", [ends])

    return pack


def _surveyor(job: dict[str, Any]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def survey(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        surveys, checks = [], []
        for _, rows in _chunks(batches):
            of_some, counted = _worker(job).survey(rows)
            surveys.append(of_some)
            checks.append(counted)
        if surveys:
            yield from _staged("survey", [_fleetcast.Summary(surveys).bytes()])
            yield from _staged("checks", checks)

    return survey


def _sampler(job: dict[str, Any], survey: bytes, slack: float) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def sample(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        sampled = None
        for _, rows in _chunks(batches):
            worker = _worker(job)
            of_some = worker.sample(rows, _summary(job, "survey", survey), slack)
            sampled = of_some if sampled is None else worker.samples([sampled, of_some])[0]
        if sampled is not None:
            yield from _staged("sample", [sampled])

    return sample


def _answerer(job: dict[str, Any], survey: bytes) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        outlines, gains = [], []
        for kind, rows in _chunks(batches):
            if kind == "unusable":
                yield from _staged(kind, rows)
                continue
            answers, outline, gain = _worker(job).answers(rows, _summary(job, "survey", survey))
            outlines.append(outline)
            gains.append(gain)
            yield from _staged("answers", answers)
        if gains:
            yield from _staged("gains", [_fleetcast.gains(gains)])
        if outlines and not stands_beside(job["settings"]):
            yield from _staged("outline", [_fleetcast.Summary(outlines).bytes()])

    return answer


def _outliner(job: dict[str, Any], gains: bytes) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def outline(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        outlines = [_worker(job).outline(answers, gains) for _, answers in _chunks(batches)]
        if outlines:
            yield from _staged("outline", [_fleetcast.Summary(outlines).bytes()])

    return outline


def _summariser(job: dict[str, Any], outline: bytes, gains: bytes) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def summarise(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = []
        for _, answers in _chunks(batches):
            parts.append(_worker(job).summary(answers, _summary(job, "outline", outline), gains))
        if parts:
            yield from _staged("summary", [_fleetcast.Summary(parts).bytes()])

    return summarise


def _finisher(job: dict[str, Any], summary: bytes, gains: bytes) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def finish(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        wanted = set(_TABLES.values())
        totals: list[bytes] = []
        for kind, bodies in _chunks(batches):
            worker = _worker(job)
            if kind == "unusable":
                made = worker.unusable(bodies)
            else:
                made, of_groups = worker.finish(bodies, _summary(job, "summary", summary), gains)
                totals.append(of_groups)
            for name, table in made:
                if name in wanted and len(table):
                    yield from _staged(name, [_encoded(_arrow(table))])
        if totals and job["attributes"]:
            yield from _staged("totals", [_worker(job).totals(totals).bytes()])

    return finish


def _decoded(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for batch in batches:
        for body in batch.column("body"):
            for part in pa.ipc.open_stream(body.as_buffer()):
                # Spark takes batches of one schema, and whether a column may be null is part of it.
                yield pa.RecordBatch.from_arrays(part.columns, part.schema.names)


def _encoded(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _staged(kind: str, bodies: list[bytes]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for first in range(0, len(bodies), _BODIES):
        some = bodies[first : first + _BODIES]
        yield pa.RecordBatch.from_arrays(
            [pa.array([kind] * len(some), pa.string()), pa.array(some, pa.binary())], ["kind", "body"]
        )


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, list[bytes]]]:
    """The bodies of one kind, at most 512 at a time."""
    held: dict[str, list[bytes]] = {}
    for batch in batches:
        kinds = batch.column("kind").to_pylist()
        for kind, body in zip(kinds, batch.column("body").to_pylist()):
            of_kind = held.setdefault(kind, [])
            of_kind.append(body)
            if len(of_kind) == _SERIES:
                yield kind, held.pop(kind)
    yield from held.items()


# What a worker process keeps from task to task of one forecast.
_kept: dict[str, Any] = {}


def _keep(job: dict[str, Any], name: str, make: Callable[[], Any]) -> Any:
    if _kept.get("job") != job["id"]:
        _kept.clear()
        _kept["job"] = job["id"]
    if name not in _kept:
        _kept[name] = make()
    return _kept[name]


def _worker(job: dict[str, Any]) -> Any:
    def make() -> Any:
        import pyarrow as pa

        limits, attributes = (job[name] and pa.ipc.open_stream(job[name]) for name in ("limits", "attributes"))
        settings = with_library(job["settings"])
        return _fleetcast.Worker(
            job["schema"], job["names"], settings, job["as_of"], job["level"], limits, attributes, job["model"]
        )

    return make() if job["id"] is None else _keep(job, "worker", make)


def _summary(job: dict[str, Any], name: str, part: bytes) -> Any:
    return _keep(job, name, lambda: _fleetcast.Summary([part]))


# What is known before anything runs.


def _schema_of(sdf: DataFrame, names: dict[str, Any]) -> pa.Schema:
    """The columns' types as Arrow has them; refuses those that are no name, day or number."""
    import pyarrow as pa
    from pyspark.sql import types as T

    fields = {field.name: field.dataType for field in sdf.schema.fields}
    for name in (*names["ids"], names["time"], names["target"]):
        if name not in fields:
            found = ", ".join(fields) or "none"
            raise ValueError(f"there is no column `{name}`, only {found}; rename it, or say id_cols, time_col and target_col")
    whole = {"byte": pa.int8(), "short": pa.int16(), "integer": pa.int32(), "long": pa.int64()}
    columns = []
    for name in names["ids"]:
        kind = fields[name].typeName()
        if kind not in whole and kind not in ("string", "char", "varchar"):
            raise ValueError(
                f"column `{name}` is {fields[name].simpleString()}, and names a series; convert it to text: "
                f"sdf.withColumn({name!r}, F.col({name!r}).cast('string'))"
            )
        columns.append((name, whole.get(kind, pa.string())))
    name, kind = names["time"], fields[names["time"]]
    as_date = f"sdf.withColumn({name!r}, F.to_date({name!r}))"
    if isinstance(kind, T.TimestampType):
        zone = sdf.sparkSession.conf.get("spark.sql.session.timeZone")
        raise ValueError(
            f"column `{name}` is a timestamp, an instant whose day depends on the session's time zone ({zone}); take the days "
            f"as they are called there: {as_date}"
        )
    if not isinstance(kind, (T.DateType, T.TimestampNTZType)):
        raise ValueError(f"column `{name}` is {kind.simpleString()}, not a date; convert it: {as_date}")
    columns.append((name, pa.date32() if isinstance(kind, T.DateType) else pa.timestamp("us")))
    name, kind = names["target"], fields[names["target"]]
    value = kind.elementType if isinstance(kind, T.ArrayType) else kind
    if not isinstance(value, T.NumericType):
        raise ValueError(
            f"column `{name}` is {kind.simpleString()}, not a number a day, nor an array of them a series; convert it: "
            f"sdf.withColumn({name!r}, F.col({name!r}).cast('double'))"
        )
    columns.append((name, pa.float64()))
    return pa.schema(columns)


def _golden_level(level: Sequence[float] | float) -> float:
    levels = _levels(level)
    own = [one for one in levels if one != 95]
    if len(own) != 1:
        raise ValueError(
            f"level is {level!r}, and the golden record has intervals at one level of your choice and at 95; give such as (80, 95)"
        )
    return float(own[0])


def _small(frame: Any, what: str) -> bytes | None:
    """A frame that all tasks get."""
    if frame is None:
        return None
    import pyarrow as pa

    if type(frame).__module__.startswith("pyspark."):
        rows = [row.asDict() for row in frame.collect()]
        frame = pa.table({name: [row[name] for row in rows] for name in frame.columns})
    return _encoded(pa.table(stream_of(frame, what)))


def _arrow(table: Any) -> pa.Table:
    import pyarrow as pa

    return pa.table(table)


def _spark_schema(schema: pa.Schema) -> str:
    """The schema of a table in Spark's words."""
    import pyarrow as pa

    plain = {
        pa.string(): "string",
        pa.date32(): "date",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.int8(): "tinyint",
        pa.int16(): "smallint",
        pa.int32(): "int",
        pa.int64(): "bigint",
    }

    def kind(found: pa.DataType) -> str:
        return f"array<{kind(found.value_type)}>" if pa.types.is_list(found) else plain[found]

    return ", ".join(f"`{field.name}` {kind(field.type)}" for field in schema)


def _of(frame: DataFrame, *kinds: str) -> DataFrame:
    from pyspark.sql import functions as F

    return frame.filter(F.col("kind").isin(*kinds))


def _collected(frame: DataFrame, kind: str) -> list[bytes]:
    return [bytes(row.body) for row in _of(frame, kind).collect()]


def _said_by_a_task(error: BaseException) -> str | None:
    """What fleetcast said in a task, out of what Spark makes of it."""
    if not type(error).__module__.startswith("pyspark."):
        return None
    found = re.findall(r"^\s*(?:[\w.]*: )?(?:ValueError|ModuleNotFoundError): (.+)$", str(error), re.MULTILINE)
    return found[-1] if found else None


class _Stages:
    """Where passes leave what they made for those that follow."""

    def __init__(self, spark: SparkSession, staging: str | None) -> None:
        self.spark = spark
        self._place = None if staging is None else f"{staging.rstrip('/')}/fleetcast-{uuid.uuid4().hex}"
        self._kept: list[DataFrame] = []

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """Keep a frame, so that it is made once."""
        if self._place is None:
            from pyspark import StorageLevel

            kept = frame.persist(StorageLevel.DISK_ONLY)
            self._kept.append(kept)
            return kept
        path = f"{self._place}/{name}"
        frame.write.parquet(path)
        return self.spark.read.schema(_STAGED).parquet(path)

    def release(self, name: str) -> None:
        """Let go of a frame that no later pass reads, where it was staged.

        What is kept on executors' disks stays: what is lost of later frames would be made from it again.
        """
        if self._place is not None:
            _Files(self.spark).delete(f"{self._place}/{name}")

    def make(self, frame: DataFrame) -> None:
        """Make sure that all of a kept frame is there."""
        if self._place is None:
            frame.select("kind").count()

    def close(self) -> None:
        """Let go of everything."""
        for frame in self._kept:
            frame.unpersist()
        self._kept.clear()
        if self._place is not None:
            _Files(self.spark).delete(self._place)


class _Files:
    """The files that Spark reads and writes: by way of Hadoop, and those of this machine where the session has none."""

    def __init__(self, spark: SparkSession) -> None:
        try:
            self._jvm = spark._jvm
            self._settings = spark._jsc.hadoopConfiguration()
        except Exception:  # A session of Spark Connect has neither.
            self._jvm = None

    def exists(self, path: str) -> bool:
        if self._jvm is None:
            return os.path.exists(_local(path))
        return bool(self._hadoop(path)[0].exists(self._hadoop(path)[1]))

    def rename(self, path: str, to: str) -> None:
        if self._jvm is None:
            os.rename(_local(path), _local(to))
            return
        files, place = self._hadoop(path)
        if not files.rename(place, self._hadoop(to)[1]):
            raise OSError(f"{path} cannot be renamed to {to}")

    def delete(self, path: str) -> None:
        if self._jvm is None:
            shutil.rmtree(_local(path), ignore_errors=True)
            return
        files, place = self._hadoop(path)
        files.delete(place, True)

    def _hadoop(self, path: str) -> tuple[Any, Any]:
        place = self._jvm.org.apache.hadoop.fs.Path(path)
        return place.getFileSystem(self._settings), place


def _local(path: str) -> str:
    path = path.removeprefix("file://")
    if "://" in path:
        raise ValueError(f"{path} cannot be renamed through Spark Connect; give a path of the driver's, or write the tables one by one")
    return path

"""Run fleetcast and what people use today on the same job, side by side, and write a table.

    python3 benches/peers/compare.py [--rounds 2] [--hosts 6] [--fleet-hosts 2000] [--write-docs]

The job: train on the first 32 months, backtest on the last 4, fit again on all 36, forecast 180
days with an 80 % interval, for every series. Each contender is a process of its own, from reading
its input to writing its forecasts; rounds alternate between contenders, so that what else the
machine does falls on all of them alike. The first time, packages are fetched and compiled.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from measure import CommandFailed, Cost, measure

PEERS = Path(__file__).resolve().parent
REPOSITORY = PEERS.parent.parent
PAGE, CHART = REPOSITORY / "docs" / "benchmarks.md", REPOSITORY / "docs" / "peers.svg"
MARKS = "<!-- compare.py begins -->", "<!-- compare.py ends -->"
DEMAND = REPOSITORY / "fixtures" / "eia930_2015_2020_daily.parquet"
FLEETCAST = "fleetcast"
SHOWN_PACKAGES = ["prophet", "statsforecast", "statsmodels", "duckdb"]
SHOWN_CRATES = ["augurs-prophet", "augurs-mstl", "anofox-forecast"]


@dataclass(frozen=True)
class Tools:
    """The programs that are compared: fleetcast, the Rust peers, and Python with the others."""

    xtask: Path
    rust: Path
    python: Path


@dataclass(frozen=True)
class Sample:
    """Series to forecast: a database, and the same as CSV for those that read no database."""

    title: str
    db: Path
    csv: Path
    origin: int
    as_of: int
    series: int


@dataclass(frozen=True)
class Contender:
    name: str
    does: str
    # Of Python's tools or the Rust peers; neither is fleetcast itself.
    python: tuple[str, ...] = ()
    rust: str = ""

    def command(self, tools: Tools, sample: Sample, db: Path) -> list[str]:
        if self.python:
            script = [tools.python, PEERS / "today.py", "--db", db, "--tools", *self.python]
            return [str(word) for word in script]
        if self.rust:
            windows = ["--origin", str(sample.origin), "--as-of", str(sample.as_of)]
            out = db.with_suffix(".csv")
            return [str(tools.rust), self.rust, str(sample.csv), str(out), *windows]
        return [str(tools.xtask), "run-all", "--quiet", "--db", str(db)]


CONTENDERS = [
    Contender(FLEETCAST, "both engines, tuned on inner origins; judge, intervals, outlook"),
    Contender("today's script", "Prophet and statsmodels' ETS in a pool, the better one refitted",
              python=("prophet_py", "ets_sm")),
    Contender("Prophet (Python)", "defaults, in a pool", python=("prophet_py",)),
    Contender("statsforecast AutoETS", "season 7, in a pool", python=("autoets_sf",)),
    Contender("statsforecast MSTL", "seasons 7 and 365, in a pool", python=("mstl_sf",)),
    Contender("augurs-prophet (Rust)", "Stan in WebAssembly, defaults, all cores",
              rust="augurs_prophet"),
    Contender("augurs-mstl + augurs-ets (Rust)", "seasons 7 and 365, all cores",
              rust="augurs_mstl_ets"),
    Contender("anofox-forecast AutoETS (Rust)", "season 7, all cores", rust="anofox_autoets"),
]


@dataclass
class Line:
    """A contender's best round on a sample."""

    sample: str
    series: int
    name: str
    does: str
    cost: Cost
    # How many series it forecast, where it says so.
    done: int

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cost.cpu / self.series


def main() -> None:
    flags = _flags()
    work = flags.work or _target() / "peers"
    work.mkdir(parents=True, exist_ok=True)
    tools = _tools(work, flags.venv or work / "venv")
    samples = list(_samples(tools, work, flags.hosts))
    fleet = _demo(tools, work, flags.fleet_hosts) if flags.fleet_hosts else None

    lines: dict[tuple[str, str], Line] = {}
    for number in range(flags.rounds):
        for sample in samples:
            for contender in CONTENDERS:
                _run(contender, sample, tools, work, lines)
        if fleet:
            _run(CONTENDERS[0], fleet, tools, work, lines)
        print(f"round {number + 1} of {flags.rounds} done", flush=True)

    results = work / "results.json"
    measured = [asdict(line) | {"cpu_ms": line.cpu_ms} for line in lines.values()]
    results.write_text(json.dumps(measured))
    chart = CHART if flags.write_docs else work / CHART.name
    subprocess.run([tools.python, PEERS / "chart.py", results, chart], check=True)
    report = _report(list(lines.values()), fleet, tools, flags.rounds)
    (work / "peers.md").write_text(report)
    print(report)
    if flags.write_docs:
        before, _, rest = PAGE.read_text().partition(MARKS[0])
        _, _, after = rest.partition(MARKS[1])
        PAGE.write_text(f"{before}{MARKS[0]}\n\n{report}\n{MARKS[1]}{after}")


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="of which the best counts [2]")
    parser.add_argument("--hosts", type=int, default=6,
                        help="demo hosts, 4 series each, that everybody forecasts; 0: none [6]")
    parser.add_argument("--fleet-hosts", type=int, default=2000,
                        help="demo hosts that fleetcast alone forecasts; 0: none [2000]")
    parser.add_argument("--work", type=Path, help="where to build and work [target/peers]")
    parser.add_argument("--venv", type=Path, help="Python environment, made where there is none")
    parser.add_argument("--write-docs", action="store_true",
                        help="put table and chart into docs/ instead of the working directory")
    return parser.parse_args()


def _run(
    contender: Contender,
    sample: Sample,
    tools: Tools,
    work: Path,
    lines: dict[tuple[str, str], Line],
) -> None:
    """Runs a contender on a copy of the sample and keeps its best round."""
    desk = work / "desk"
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir()
    db = desk / "fleet.duckdb"
    shutil.copy(sample.db, db)
    print(f"{sample.title}: {contender.name}", end=" ", flush=True)
    try:
        cost, printed = measure(contender.command(tools, sample, db), desk)
    except CommandFailed as failure:
        sys.exit(f"{contender.name} failed: {failure}")
    print(f"{cost.cpu:.1f} s CPU, {cost.wall:.1f} s", flush=True)
    said = re.search(r"(\d+) of \d+ series", printed)
    done = int(said[1]) if said else sample.series
    line = Line(sample.title, sample.series, contender.name, contender.does, cost, done)
    place = (sample.title, contender.name)
    if place not in lines or cost.cpu < lines[place].cost.cpu:
        lines[place] = line


def _target() -> Path:
    """Cargo's target directory."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    found = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return Path(json.loads(found.stdout)["target_directory"])


def _tools(work: Path, venv: Path) -> Tools:
    """Builds and installs what is compared."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--requirement", PEERS / "requirements.txt"]
    subprocess.run(pip, check=True)
    subprocess.run(["cargo", "build", "--package", "xtask"], cwd=REPOSITORY, check=True)
    rust = work / "rust"
    manifest = PEERS / "rust" / "Cargo.toml"
    build = ["cargo", "build", "--release", "--locked", "--manifest-path", manifest,
             "--target-dir", rust]
    subprocess.run(build, check=True)
    return Tools(_target() / "debug" / "xtask", rust / "release" / "fleetcast-peers", python)


def _samples(tools: Tools, work: Path, hosts: int) -> Iterator[Sample]:
    db = work / "demand.duckdb"
    db.unlink(missing_ok=True)
    columns = "--host-column series --resource demand --ds-column ts --value-column y"
    read = [tools.xtask, "import", DEMAND, *columns.split(), "--quiet", "--db", db]
    subprocess.run(read, check=True)
    yield _sample("electricity demand", db, tools)
    if hosts:
        yield _demo(tools, work, hosts)


def _demo(tools: Tools, work: Path, hosts: int) -> Sample:
    db = work / f"demo_{hosts}.duckdb"
    db.unlink(missing_ok=True)
    subprocess.run([tools.xtask, "demo", "--hosts", str(hosts), "--quiet", "--db", db], check=True)
    return _sample("demo fleet", db, tools)


def _sample(title: str, db: Path, tools: Tools) -> Sample:
    csv = db.with_suffix(".series.csv")
    export = [tools.python, PEERS / "series.py", db, csv]
    said = subprocess.run(export, check=True, capture_output=True)
    windows = json.loads(said.stdout)
    return Sample(f"{title}, {windows['series']:,} series", db, csv, **windows)


def _report(lines: list[Line], fleet: Sample | None, tools: Tools, rounds: int) -> str:
    """The comparison in Markdown: who and on what, then a table a sample."""
    whole = next((line for line in lines if fleet and line.sample == fleet.title), None)
    parts = [_heading(tools, rounds)]
    for title in dict.fromkeys(line.sample for line in lines if line is not whole):
        of_sample = [line for line in lines if line.sample == title]
        parts.append(_table(of_sample, whole))
    if whole:
        parts.append(
            f"fleetcast on the whole fleet ({whole.sample}): {whole.cpu_ms:.1f} ms CPU a series, "
            f"{whole.cost.wall:.0f} s, {whole.cost.peak_mb:,.0f} MB at its peak."
        )
    return "\n\n".join([*parts, "![CPU time a series, by contender](peers.svg)"]) + "\n"


def _table(lines: list[Line], whole: Line | None) -> str:
    ours = next(line for line in lines if line.name == FLEETCAST)
    beside = f" beside fleetcast on {whole.series:,} |" if whole else ""
    rows = [
        f"| {lines[0].sample} | what it does | CPU ms a series | beside fleetcast |{beside}"
        " wall s | peak MB |",
        "|---|---|--:|--:|--:|--:|" + ("--:|" if whole else ""),
    ]
    for line in sorted(lines, key=lambda line: line.cpu_ms):
        does = line.does if line.done == line.series else f"{line.does} ({line.done} forecast)"
        of_whole = f" {_ratio(line.cpu_ms / whole.cpu_ms)} |" if whole else ""
        rows.append(
            f"| {line.name} | {does} | {line.cpu_ms:,.1f} |"
            f" {_ratio(line.cpu_ms / ours.cpu_ms)} |{of_whole}"
            f" {line.cost.wall:,.1f} | {line.cost.peak_mb:,.0f} |"
        )
    return "\n".join(rows)


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def _heading(tools: Tools, rounds: int) -> str:
    ask = (
        "import importlib.metadata as m, platform, sys;"
        "print('Python', platform.python_version());"
        "[print(n, m.version(n)) for n in sys.argv[1:]]"
    )
    found = subprocess.run([tools.python, "-c", ask, *SHOWN_PACKAGES],
                           check=True, capture_output=True, text=True)
    locked = tomllib.loads((PEERS / "rust" / "Cargo.lock").read_text())["package"]
    shown = [crate for crate in locked if crate["name"] in SHOWN_CRATES]
    crates = [f"{crate['name']} {crate['version']}" for crate in shown]
    versions = ", ".join([*found.stdout.splitlines(), *crates])
    measured = "One round" if rounds == 1 else f"The best of {rounds} rounds"
    return (
        f"{_processor()}, {os.cpu_count()} cores; {versions}. {measured}; CPU is"
        " user and system time of the process and its children, memory the largest sum of the"
        " proportional set sizes of all of them at one time."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", info.read_text()) if info.exists() else None
    return named[1] if named else "an unnamed processor"


if __name__ == "__main__":
    main()

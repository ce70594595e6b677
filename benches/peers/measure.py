"""What a command takes: CPU and wall time, and memory, of the whole process tree."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# How often memory is looked at; shorter peaks can be missed.
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """`cpu` is user and system time of the process and all its children, in seconds; `peak_mb` the
    largest sum of their proportional set sizes (shared pages counted once)."""

    cpu: float
    wall: float
    peak_mb: float


class CommandFailed(Exception):
    """The command ended with an error."""


def measure(command: list[str], cwd: Path) -> tuple[Cost, str]:
    """Runs the command; returns what it took and what it printed."""
    # One thread each for the linear algebra of pool workers, as pools are best run.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    log = cwd / "output.log"
    with log.open("w") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=output)
        memory = _MemoryWatch(process.pid)
        memory.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    memory.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    printed = log.read_text()
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}\n{printed}")
    # The largest single process, from the kernel, where sampling came too late for it.
    peak_mb = max(memory.peak_kb, usage.ru_maxrss) / 1000
    return Cost(usage.ru_utime + usage.ru_stime, wall, peak_mb), printed


class _MemoryWatch(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_kb = 0
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.peak_kb = max(self.peak_kb, _tree_kb(self._pid))

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # It has ended, or this is no Linux.
        return 0
    own = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own + sum(_tree_kb(int(child)) for child in children)

"""Long work shows how far it is, leaves other threads running, and ends with Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import fleetcast
import polars as pl
import pytest


@pytest.fixture(scope="module")
def many(hosts) -> pl.DataFrame:
    """1,500 series, which take seconds."""
    return pl.concat([hosts.with_columns(pl.col("host") + f"-{copy}", pl.col("y") + copy / 100) for copy in range(500)])


def test_ctrl_c_ends_it(many):
    begun = time.monotonic()
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        fleetcast.forecast(many, h=180)
        time.sleep(30)  # Where the work ended before the signal came.
    assert time.monotonic() - begun < 20
    timer.join()


def test_other_threads_run(many):
    """Another thread counts while the work goes on."""
    done = threading.Event()
    pauses = []

    def watch():
        last = time.monotonic()
        while not done.is_set():
            time.sleep(0.01)
            now = time.monotonic()
            pauses.append(now - last)
            last = now

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.monotonic()
    fleetcast.forecast(many, h=180, n_jobs=1)
    spent = time.monotonic() - begun
    done.set()
    watcher.join()
    assert max(pauses) < max(1.0, spent / 3), f"held for {max(pauses)} of {spent} s"


def test_progress_is_shown(hosts, capsys):
    pytest.importorskip("tqdm")
    fleetcast.forecast(hosts, h=30, verbose=True)
    assert "3/3" in capsys.readouterr().err


def test_without_tqdm_progress_says_what_is_missing(hosts, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="pip install tqdm"):
        fleetcast.forecast(hosts, h=30, verbose=True)

"""A bar that shows how far long work is, where tqdm is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_of"]


@contextmanager
def progress_of(verbose: bool, passes: int = 1) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a function that is told how many series more are done, and of how many; `None` where nobody wants to see it.

    `passes` says how often each series is worked on.
    """
    if not verbose:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("verbose shows a bar of tqdm, which is not installed; pip install tqdm") from None
    with tqdm(unit=" series", desc="fleetcast") as bar:

        def show(series: int, total: int) -> None:
            bar.total = total * passes
            bar.update(series)

        yield show

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__version__: str
STORE_SQL: dict[str, str]

class Table:
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __len__(self) -> int: ...

class FittedProphet:
    def __init__(self, frame: Any, spec: Mapping[str, Any]) -> None: ...
    def predict(self, frame: Any, level: float | None = None) -> Table: ...
    @property
    def history(self) -> list[int]: ...
    @property
    def changepoints(self) -> list[int]: ...
    @property
    def y_scale(self) -> float: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def is_certified(self) -> bool: ...

def forecast(
    frame: Any,
    names: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    limits: Any = None,
    incumbents: Sequence[tuple[str, str, str]] = (),
    given: Sequence[tuple[str, Any]] = (),
    tables: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]: ...
def cross_validation(
    frame: Any,
    names: Mapping[str, Any],
    settings: Mapping[str, Any],
    windows: int,
    step: int,
    *,
    limits: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Table: ...
def windows(frame: Any, names: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[int, int, int]: ...

"""The engines, by name."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

__all__ = ["Challenger", "Champion", "XGBoost"]


@dataclass(frozen=True)
class Champion:
    """Prophet's model, solved exactly.

    `mode="tuned"` weighs Prophet's settings for each series by how they did at origins inside its own window, and makes
    intervals from the errors there; `mode="exact"` has Prophet's default settings.
    """

    mode: Literal["tuned", "exact"] = "tuned"
    alias: ClassVar[str] = "Champion"


@dataclass(frozen=True)
class Challenger:
    """An ensemble of exponential smoothing for the long horizon."""

    alias: ClassVar[str] = "Challenger"


@dataclass(frozen=True)
class XGBoost:
    """One model for the whole fleet, by the library that the package xgboost or xgboost-cpu brings.

    Beside `Champion()` and `Challenger()` it is a third contender, which is weighed in blends and may win where the fleet did not lose by
    it on the last months; of fewer than five series it is not followed. Without `Challenger()` it stands in its place, and is called
    `challenger` in tables. It needs 26 months of history, 22 of them before the backtest. Unlike others, its forecast of a series depends on what other
    series there are, and what they are called: which rows it is trained on goes by names.
    """

    alias: ClassVar[str] = "XGBoost"


def xgboost_library() -> str | None:
    """The directory of XGBoost's library: what FLEETCAST_XGBOOST says, else that of the installed package, without importing it."""
    said = os.environ.get("FLEETCAST_XGBOOST")
    if said:
        return said
    found = importlib.util.find_spec("xgboost")
    if found is None or found.origin is None:
        raise ModuleNotFoundError(
            "XGBoost() needs the library of the package xgboost, which is not installed; pip install 'fleetcast[xgboost]' (Python 3.12 or "
            "newer), or let FLEETCAST_XGBOOST name the directory of its library",
            name="xgboost",
        )
    directory = Path(found.origin).parent / "lib"
    # Where a distribution keeps it elsewhere, the system may know it.
    return str(directory) if directory.is_dir() else None


def stands_beside(settings: dict[str, Any]) -> bool:
    """Whether XGBoost stands beside champion and challenger, and has a stage of its own."""
    return settings["xgboost"] is not None and not settings["xgboost"]["is_challenger"]


def with_library(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with what only this process knows: where it has XGBoost's library."""
    if settings["xgboost"] is None:
        return settings
    return settings | {"xgboost": settings["xgboost"] | {"library": xgboost_library()}}

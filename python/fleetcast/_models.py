"""The two engines, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

__all__ = ["Challenger", "Champion"]


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

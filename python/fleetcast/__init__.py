"""Forecasts a fleet: two engines, a judge, calibrated intervals, and the day each resource is full.

>>> import fleetcast
>>> fleetcast.FleetForecast()
FleetForecast(models=[Champion(mode='tuned'), Challenger()], judge=True)
"""

from fleetcast._fleet import FleetForecast, cross_validation, forecast, judge, windows
from fleetcast._fleetcast import __version__
from fleetcast._models import Challenger, Champion, XGBoost
from fleetcast._run import run

__all__ = [
    "Challenger",
    "Champion",
    "FleetForecast",
    "XGBoost",
    "__version__",
    "cross_validation",
    "forecast",
    "judge",
    "run",
    "windows",
]

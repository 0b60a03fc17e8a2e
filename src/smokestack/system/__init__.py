"""What must be true: the expectations in systems/<name>/system.yaml."""

from smokestack.system.load import load_system, names
from smokestack.system.schema import Alert, Route, Signal, System

__all__ = ["Alert", "Route", "Signal", "System", "load_system", "names"]

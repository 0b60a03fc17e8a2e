"""What must be true: the expectations in systems/<name>/system.yaml."""

from smokestack.system.alerts import Alert, Moves
from smokestack.system.configuration import Configuration
from smokestack.system.dashboards import Dashboard, Grafana
from smokestack.system.deploy import Deploy
from smokestack.system.latency import HealthEndpoint
from smokestack.system.load import load_slos, load_system, names
from smokestack.system.queries import Query, Requests
from smokestack.system.resources import Resources, ServerLimits
from smokestack.system.schema import PARTS, Application, Part, Route, ScrapeJob, System, given
from smokestack.system.signals import Signal
from smokestack.system.slo import Slo
from smokestack.system.stack import Limit
from smokestack.system.under_load import Bearing, UnderLoad

__all__ = [
    "PARTS",
    "Alert",
    "Application",
    "Bearing",
    "Configuration",
    "Dashboard",
    "Deploy",
    "Grafana",
    "HealthEndpoint",
    "Limit",
    "Moves",
    "Part",
    "Query",
    "Requests",
    "Resources",
    "Route",
    "ScrapeJob",
    "ServerLimits",
    "Signal",
    "Slo",
    "System",
    "UnderLoad",
    "given",
    "load_slos",
    "load_system",
    "names",
]

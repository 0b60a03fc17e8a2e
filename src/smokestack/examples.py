"""What `--help` of each command shows people to type."""

from __future__ import annotations

EXAMPLES = {
    "": (
        "pytest suites/",
        "pytest suites/ --system nexo-crm --stack native",
        "pytest suites/ --stack staging.yaml",
        "smokestack explain logs.identity",
    ),
    "install": ("smokestack install", "smokestack install prometheus loki"),
    "doctor": ("smokestack doctor", "smokestack doctor --stack staging.yaml"),
    "up": ("smokestack up", "smokestack up --system nexo-crm --pace fast --stack native"),
    "down": ("smokestack down", "smokestack down 20261122-061057-0d8ab4"),
    "limits": (
        "smokestack limits",
        "smokestack limits --start-rate 100 --growth 2 --max-rate 3000 --step 10s",
    ),
    "explain": ("smokestack explain logs.identity",),
    "report": (
        "smokestack report reports/latest",
        "smokestack report run.json --format markdown --output build",
    ),
    "compare": ("smokestack compare reports/20261121-120324-8b5509 reports/latest",),
    "slo rules": ("smokestack slo rules systems/reference/slo/availability.yaml",),
    "schema": ("smokestack schema stack", "smokestack schema system"),
    "version": ("smokestack version",),
}


def of(command: str) -> str:
    """The end of a command's help."""
    return "\n\n".join(("Examples:", *(f"  {one}" for one in EXAMPLES[command])))

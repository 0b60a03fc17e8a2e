"""Sends traffic whose truth is known: starts a scenario, gates it, and reads back its ledger.

`running.start` is the way in, `scenario.ScenarioSpec` says what to run. The scenario's own
process (scenarios/, under Locust) imports `settings`, `control`, `ledger_file` and `schedule` from
here, so that both ends of each file and variable are written down once. It should start fast:
this module therefore imports nothing.
"""

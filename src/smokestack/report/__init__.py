"""Renders the one result model; every writer is a function of it and asks nobody anything."""

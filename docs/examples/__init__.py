"""Examples that the documentation shows, run by tests/docs."""

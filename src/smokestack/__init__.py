"""smokestack proves that an observability stack works."""

__version__ = "0.1.0"

"""The stack stage: starts the servers, or is pointed at ones that run."""

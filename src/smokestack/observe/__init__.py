"""Clients of each server: what it saw, as the plain values of `samples`."""

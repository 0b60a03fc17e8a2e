"""Drives known traffic through a running stack and gathers what the servers saw of it.

The only place where load/ and observe/ meet. Nothing here judges.
"""

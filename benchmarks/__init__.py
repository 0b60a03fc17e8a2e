"""Speed and size of smokestack, measured, never asserted as a time: `make bench`."""

"""Measurements. `make bench` runs each module's `measure()` and prints its figures; nothing here is a test."""

"""Thinks, and keeps the tables: folds the log into series, revisions, patches and events."""

"""Listens, and keeps the log. The only room that reads a clock."""

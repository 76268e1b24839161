"""Answers questions over HTTP: the Patchwork REST API, and a few plain pages."""

"""Repositories and mails for the tests of `git am`."""

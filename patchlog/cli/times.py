"""Moments on the command line."""

from datetime import UTC, datetime

import click


def read_time(option: str, text: str) -> datetime:

    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise click.UsageError(f"{option}: expected an ISO date or time, came {text!r}") from None
    return time.astimezone(UTC) if time.tzinfo is not None else time.replace(tzinfo=UTC)

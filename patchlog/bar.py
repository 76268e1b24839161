"""The bar that shows how far something is: records, their rate, and the time left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

LINE_SECONDS = 5.0
"""How often progress is told where there is no terminal to draw a bar on."""


@contextmanager
def shown_progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on the standard error, if that is a terminal. Gives what is to be told the position and the end.

    The position that it is told first counts as done before: the rate is that of what comes after it.
    """
    named = [TextColumn(name)] if name else []
    columns = (*named, BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: list[TaskID] = []

        def progress(position: int, end: int) -> None:
            if not tasks:
                tasks.append(bar.add_task(name, total=end, completed=position))
            bar.update(tasks[0], completed=position, total=end)

        yield progress


@contextmanager
def told_progress() -> Iterator[Callable[[int, int], None]]:
    """The same without a name; where the standard error is no terminal, a line there now and then."""
    if not Console(stderr=True).is_terminal:
        yield _lines()
        return
    with shown_progress("") as progress:
        yield progress


def _lines() -> Callable[[int, int], None]:
    told = time.monotonic()

    def show(done: int, end: int) -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_SECONDS:
            told = time.monotonic()
            with suppress(BrokenPipeError):
                click.echo(f"record {done} of {end}", err=True)

    return show


class RateColumn(ProgressColumn):
    """Records per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("records" if speed is None else f"records, {speed:,.0f}/s")

"""Shows what a replay would change, as a table for people."""

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from projector.differences import Differences, PatchDifference, RevisionDifference, SeriesDifference

WIDTH_PIPED = 200
NOTHING = "nothing would change"


class Row(NamedTuple):
    """What changes, in which project, from where to where, how it is called, and its mails."""

    change: str
    project: str
    place: str
    name: str
    mails: str


def show_differences(differences: Differences) -> None:
    """Print the table, or that there is nothing to show in one."""
    from rich.console import Console
    from rich.table import Table

    if differences.is_empty:
        click.echo(NOTHING)
        return
    width = None if sys.stdout.isatty() else WIDTH_PIPED
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)
    table = Table(box=None, pad_edge=False)
    for heading in Row._fields:
        table.add_column(heading, overflow="fold")
    for row in rows(differences):
        table.add_row(*row)
    console.print(table)


def rows(differences: Differences) -> Iterator[Row]:
    """A row for each single difference, series first."""
    yield from _series("series added", differences.series_added)
    yield from _series("series gone", differences.series_gone)
    yield from _series("series moved", differences.series_moved)
    yield from _series("series changed", differences.series_changed)
    yield from _revisions("revision added", differences.revisions_added)
    yield from _revisions("revision gone", differences.revisions_gone)
    yield from _revisions("revision moved", differences.revisions_moved)
    yield from _revisions("revision changed", differences.revisions_changed)
    for patch in differences.patches_moved:
        yield Row("patch moved", patch.project, _way(patch), "", _names([patch.message_id]))
    for event in differences.announced:
        yield Row("event announced", event.project, event.place, event.event, _names(event.message_ids))
    for alias in differences.aliases:
        yield Row("redirect", "", f"{alias.place} -> {alias.target}", "", "")


def _series(change: str, found: Sequence[SeriesDifference]) -> Iterator[Row]:
    for one in found:
        place = f"{one.series} -> {', '.join(map(str, one.now))}" if one.now else str(one.series)
        yield Row(change, one.project, place, one.name, _names(one.message_ids))


def _revisions(change: str, found: Sequence[RevisionDifference]) -> Iterator[Row]:
    for one in found:
        places = dict.fromkeys(place for place in (one.before, one.after) if place is not None)
        mails = _names(one.message_ids)
        gained = f"; gained {_names(one.gained)}" if one.gained else ""
        lost = f"; lost {_names(one.lost)}" if one.lost else ""
        yield Row(change, one.project, " -> ".join(places), one.name, f"{mails}{gained}{lost}")


def _way(patch: PatchDifference) -> str:
    return f"{_places(patch.before)} -> {_places(patch.after)}"


def _places(places: tuple[str, ...] | None) -> str:
    return "no patch" if places is None else ", ".join(places) or "no revision"


def _names(names: Sequence[str]) -> str:
    return " ".join(f"<{name}>" for name in names)

"""Shows what a replay would change, as lines for people: what changes where, and below it the mails it is about."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from patchlog.terminal import say, say_short
from projector.differences import Differences, PatchDifference, RevisionDifference, SeriesDifference

NOTHING = "nothing would change"
NOT_COMPARED = "what is live is of another schema version, and cannot be compared: this is what would be announced"


class Row(NamedTuple):
    """What changes, in which project, from where to where, how it is called, and its mails, a line each."""

    change: str
    project: str
    place: str
    name: str
    mails: list[str]


def show_differences(differences: Differences) -> None:
    """Print them, or that there are none. What changes is aligned; the names of mails stay whole, to be copied."""
    if differences.is_empty:
        click.echo(NOTHING)
        return
    if not differences.compared:
        say(NOT_COMPARED)
    shown = list(rows(differences))
    widths = [max((len(row[at]) for row in shown), default=0) for at in range(2)]
    for row in shown:
        say_short(f"{row.change:<{widths[0]}}  {row.project:<{widths[1]}}  {row.place}  {row.name}".rstrip())
        for mail in row.mails:
            say(f"    {mail}")
    if differences.announced:
        say(f"events to be announced: {len(differences.announced)}, of which rebuilt: {differences.rebuilt}")


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
        change = "event rebuilt" if event.rebuilt else "event announced"
        yield Row(change, event.project, event.place, event.event, _names(event.message_ids))
    for alias in differences.aliases:
        yield Row("redirect", "", f"{alias.place} -> {alias.target}", "", [])


def _series(change: str, found: Sequence[SeriesDifference]) -> Iterator[Row]:
    for one in found:
        place = f"{one.series} -> {', '.join(map(str, one.now))}" if one.now else str(one.series)
        yield Row(change, one.project, place, one.name, _names(one.message_ids))


def _revisions(change: str, found: Sequence[RevisionDifference]) -> Iterator[Row]:
    for one in found:
        places = dict.fromkeys(place for place in (one.before, one.after) if place is not None)
        changes = [*_names(one.gained, "gained "), *_names(one.lost, "lost ")]
        yield Row(change, one.project, " -> ".join(places), one.name, _names(one.message_ids) + changes)


def _way(patch: PatchDifference) -> str:
    return f"{_places(patch.before)} -> {_places(patch.after)}"


def _places(places: tuple[str, ...] | None) -> str:
    return "no patch" if places is None else ", ".join(places) or "no revision"


def _names(names: Sequence[str], word: str = "") -> list[str]:
    return [f"{word}<{name}>" for name in names]

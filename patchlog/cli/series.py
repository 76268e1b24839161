"""`patchlog series`: an operator's word on which revisions are one series. It beats the rules; the log keeps it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from patchlog.cli.group import Commands
from schemas.settings import Settings

if TYPE_CHECKING:
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.corrections import Place
    from schemas.fact import Fact

T = TypeVar("T")

COMMANDS = {
    "merge": "patchlog.cli.series:merge_command",
    "split": "patchlog.cli.series:split_command",
    "link": "patchlog.cli.series:link_command",
}
WHY = "Why, for those who read it later."


@click.group("series", cls=Commands, lazy=COMMANDS)
def series_commands() -> None:
    """Correct which revisions are one series. What is said here is a record of the log and survives every replay.

    \b
    Example: patchlog series merge 120 340
    """


@click.command("merge")
@click.argument("one", metavar="SERIES", type=click.IntRange(1))
@click.argument("other", metavar="SERIES", type=click.IntRange(1))
@click.option("--reason", default="", metavar="TEXT", help=WHY)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def merge_command(settings: Settings, one: int, other: int, reason: str, as_json: bool) -> None:
    """Make two series one. The lower number stays; the other leads there from now on.

    \b
    Example: patchlog series merge 120 340 --reason "v2 has another name"
    """
    from projector.readmodel.generations import Reader
    from schemas.records import SeriesMerged

    reader = Reader(settings.database_url)
    first, second = _series(reader, one), _series(reader, other)
    _same_project(first, second)
    if first.series == second.series:
        raise click.ClickException(f"series {one} and {other} are one series already: {first.series}")
    fact = SeriesMerged(mails=(first.mail, second.mail), series=(first.series, second.series), reason=reason)
    _say(settings, reader, fact, [first, second], as_json)


@click.command("split", short_help="Make a revision a series of its own.")
@click.argument("revision", metavar="SERIES/REV")
@click.option("--reason", default="", metavar="TEXT", help=WHY)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def split_command(settings: Settings, revision: str, reason: str, as_json: bool) -> None:
    """Make revision REV of a series, and what links to it, a series of their own. Its old address leads there.

    \b
    Example: patchlog series split 120/3 --reason "only the subject is the same"
    """
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.corrections import leaving
    from schemas.records import SeriesSplit

    reader = Reader(settings.database_url)
    place = _revision(reader, revision)
    with reader.connect() as connection:
        go, stay = leaving(connection, place)
    if not stay:
        along = "it is the only one" if len(go) == 1 else "all others link to it"
        raise click.ClickException(f"series {place.series} begins with revision {place.revision}: {along}")
    fact = SeriesSplit(mail=place.mail, series=place.series, revision=place.revision, reason=reason)
    _say(settings, reader, fact, [place], as_json)


@click.command("link", short_help="Make a revision one of another series.")
@click.argument("revision", metavar="SERIES/REV")
@click.argument("series", metavar="SERIES", type=click.IntRange(1))
@click.option("--reason", default="", metavar="TEXT", help=WHY)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def link_command(settings: Settings, revision: str, series: int, reason: str, as_json: bool) -> None:
    """Make revision REV of a series a revision of another SERIES, with what links to it.

    \b
    Example: patchlog series link 340/1 120 --reason "this is v2 of 120"
    """
    from projector.readmodel.generations import Reader
    from schemas.records import RevisionLinked

    reader = Reader(settings.database_url)
    place, target = _revision(reader, revision), _series(reader, series)
    _same_project(place, target)
    if place.series == target.series:
        raise click.ClickException(f"revision {place.series}/{place.revision} is in series {target.series} already")
    fact = RevisionLinked(
        mail=place.mail,
        to=target.mail,
        series=place.series,
        revision=place.revision,
        to_series=target.series,
        reason=reason,
    )
    _say(settings, reader, fact, [place, target], as_json)


def _say(settings: Settings, reader: "Reader", fact: "Fact", places: list["Place"], as_json: bool) -> None:
    """Put a correction on the log, wait for it, and print what became of the revisions that it is about."""
    from patchlog.stores import opened_log, wait_until_folded
    from projector.readmodel.queries.corrections import place_of_mail

    with opened_log(settings) as log:
        (record_id,) = log.append([fact])
    folded = wait_until_folded(reader, record_id)
    now = []
    for place in places if folded else ():
        with reader.connect() as connection:
            now.append(place_of_mail(connection, place.mail))
    reader.close()
    if as_json:
        document = {"record": record_id, "folded": folded, "before": places, "now": now}
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
        return
    click.echo(f"record {record_id} of the log; {_progress(folded)}")
    for before, after in zip(places, now, strict=False):
        if after is not None:
            click.echo(
                f"revision {before.series}/{before.revision} is revision {after.revision} of series {after.series}"
            )


def _progress(folded: bool) -> str:
    return "the projector has done it" if folded else "a projector will do it when it runs"


def _revision(reader: "Reader", text: str) -> "Place":
    from projector.readmodel.queries.corrections import place_of_revision

    found = re.fullmatch(r"(\d{1,18})/v?(\d{1,9})", text)
    if found is None:
        raise click.UsageError(f"expected SERIES/REV such as 120/2, came {text!r}")
    series, version = int(found[1]), int(found[2])
    with reader.connect() as connection:
        place = place_of_revision(connection, series, version)
    return _there(place, lambda: f"there is no revision {version} of a series {series}")


def _series(reader: "Reader", series: int) -> "Place":
    """The lowest revision of a series."""
    from projector.readmodel.queries.corrections import first_place

    with reader.connect() as connection:
        place = first_place(connection, series)
    return _there(place, lambda: f"there is no series {series}")


def _there(place: T | None, complaint: Callable[[], str]) -> T:
    if place is None:
        raise click.ClickException(complaint())
    return place


def _same_project(one: "Place", other: "Place") -> None:
    if one.project != other.project:
        raise click.ClickException(f"series {one.series} and {other.series} are of different projects")

"""`patchlog dead-letters retry` and `acknowledge`: what operators say of dead letters, on the log."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from patchlog.cli.dead_letters import ID, REASON
from schemas.fact import Fact
from schemas.settings import Settings

if TYPE_CHECKING:
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.dead_letters import DeadLetter

C = TypeVar("C", bound=Callable[..., Any])
NONE = "no dead letters"
STILL = "dead letter"
WAITS = "waits for a projector"


class Became(msgspec.Struct, frozen=True):
    """What became of a dead letter that is read again: a kind of mail, STILL with reason and detail, or WAITS."""

    id: int
    became: str
    reason: str = ""
    detail: str = ""


def _choosing(command: C) -> C:
    """Give a command the ways to say which dead letters are meant."""
    command = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")(command)
    command = click.option("--reason", type=REASON, help="All with this reason.")(command)
    return click.argument("mails", metavar="[ID]...", type=ID, nargs=-1)(command)


@click.command("retry", short_help="Have the projector read some again.")
@_choosing
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.pass_obj
def retry_command(
    settings: Settings, mails: tuple[int, ...], everything: bool, reason: str | None, as_json: bool
) -> None:
    """Have the projector read dead letters again, and say what became of each.

    After a project was added or changed, they are read again by themselves.

    \b
    Example: patchlog dead-letters retry 17 18
             patchlog dead-letters retry --reason no-project
    """
    from patchlog.letters import Choice, batches, chosen
    from patchlog.terminal import print_ascii
    from projector.readmodel.generations import Reader
    from schemas.records import RetryRequested

    reader = Reader(settings.database_url)
    parts = batches(chosen(reader, Choice(mails, everything, reason)))
    records, folded = _append(settings, reader, [RetryRequested(mails=part) for part in parts])
    found = [one for part in parts[:folded] for one in _became(reader, part)]
    found += [Became(id, WAITS) for part in parts[folded:] for id in part]
    reader.close()
    if as_json:
        return print_ascii({"records": records, "folded": folded == len(parts), "mails": found})
    _tell(found)


@click.command("acknowledge", short_help="Say that somebody has looked: they alarm no more.")
@_choosing
@click.option("--all", "everything", is_flag=True, help="All that alarm.")
@click.option("--note", default="", metavar="TEXT", help="Why it needs no more care, for those who read it later.")
@click.pass_obj
def acknowledge_command(
    settings: Settings, mails: tuple[int, ...], everything: bool, reason: str | None, note: str, as_json: bool
) -> None:
    """Say that somebody has looked at dead letters: they alarm no more. That is a record of the log.

    One that is read again by `retry`, and is a dead letter still, alarms again.

    \b
    Example: patchlog dead-letters acknowledge 17 --note "a relay that is mended"
             patchlog dead-letters acknowledge --all
    """
    from patchlog.letters import Choice, batches, chosen
    from patchlog.terminal import print_ascii
    from projector.readmodel.generations import Reader
    from schemas.records import DeadLettersAcknowledged

    reader = Reader(settings.database_url)
    letters = chosen(reader, Choice(mails, everything, reason), alarming=everything)
    meant = [letter for letter in letters if letter.acknowledged_id is None]
    records, folded = _append(
        settings, reader, [DeadLettersAcknowledged(mails=part, note=note) for part in batches(meant)]
    )
    reader.close()
    if as_json:
        return print_ascii(
            {"records": records, "folded": folded == len(records), "mails": [letter.id for letter in meant]}
        )
    if not meant:
        return click.echo(_nothing(letters))
    progress = "the projector has done it" if folded == len(records) else "a projector will do it when it runs"
    click.echo(f"{_count(len(meant))} acknowledged; {progress}")


def _append(settings: Settings, reader: "Reader", facts: Sequence[Fact]) -> tuple[list[int], int]:
    """Put facts on the log, and give their records, and how many of these the projector has folded when we go on.

    Each is waited for a few seconds: while the projector is at work, it gets on.
    """
    from patchlog.stores import opened_log, wait_until_folded

    if not facts:
        return [], 0
    with opened_log(settings) as log:
        records = log.append(facts)
    folded = 0
    while folded < len(records) and wait_until_folded(reader, records[folded]):
        folded += 1
    return records, folded


def _became(reader: "Reader", mails: Sequence[int]) -> list[Became]:
    from projector.readmodel.queries.dead_letters import find_dead_letters, kinds_of

    with reader.connect() as connection:
        letters, kinds = find_dead_letters(connection, mails), kinds_of(connection, mails)
    return [
        Became(id, STILL, letters[id].reason, letters[id].detail) if id in letters else Became(id, kinds.get(id, WAITS))
        for id in mails
    ]


def _tell(found: Sequence[Became]) -> None:
    from patchlog.terminal import say

    if not found:
        return click.echo(NONE)
    click.echo(f"{_count(len(found))} to read again")
    waiting = sum(one.became == WAITS for one in found)
    for became, n in sorted(Counter(one.became for one in found if one.became not in (STILL, WAITS)).items()):
        click.echo(f"  {became}: {n}")
    still = Counter((one.reason, one.detail) for one in found if one.became == STILL)
    for (reason, detail), n in sorted(still.items()):
        say(f"  {STILL} still, {reason}: {n} ({detail})")
    if waiting:
        click.echo(f"  {WAITS}: {waiting}")


def _nothing(letters: Sequence["DeadLetter"]) -> str:
    return "acknowledged already" if letters else "no dead letter alarms"


def _count(n: int) -> str:
    return f"{n} dead letter" if n == 1 else f"{n} dead letters"

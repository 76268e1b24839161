"""`patchlog copy`: mails that say something else than an earlier one with the same Message-ID, and which one counts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from patchlog.cli.group import Commands
from schemas.settings import Settings

if TYPE_CHECKING:
    from projector.readmodel.queries.copies import Copy

COMMANDS = {
    "list": "patchlog.cli.copy:list_command",
    "show": "patchlog.cli.copy:show_command",
    "choose": "patchlog.cli.copy:choose_command",
    "acknowledge": "patchlog.cli.copy:acknowledge_command",
}
AT_ONCE = 500
RECORD = click.IntRange(1, 2**63 - 1)


@click.group("copy", short_help="Look at mails that share a Message-ID and differ.", cls=Commands, lazy=COMMANDS)
def copy_commands() -> None:
    """Look at mails that say something else than an earlier one with their Message-ID, and choose which one counts.

    The first one counts, for good, unless `choose` says otherwise.

    \b
    Example: patchlog copy list --alarming
    """


@click.command("list", short_help="List them, oldest first.")
@click.option("--alarming", is_flag=True, help="Only those that nobody has acknowledged.")
@click.option("--after", "after_record", type=click.IntRange(0), default=0, metavar="RECORD", help="Only those behind.")
@click.option("--limit", type=RECORD, default=100, show_default=True, metavar="N", help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(settings: Settings, alarming: bool, after_record: int, limit: int, as_json: bool) -> None:
    """List the copies that do not count: a table on a terminal, else a line each with tabs between.

    The columns are record, project, state (alarm or acknowledged), receipt in UTC, what differs, Message-ID.

    \b
    Example: patchlog copy list --alarming
    """
    from patchlog.columns import print_columns
    from patchlog.terminal import print_ascii

    copies = _listed(settings, alarming=alarming, after_record=after_record, limit=limit)
    if as_json:
        return print_ascii(copies)
    headings = ("record", "project", "state", "received (UTC)", "differs in", "Message-ID")
    print_columns(headings, map(_row, copies), wide=("Message-ID",))


@click.command("show", short_help="Print one, beside what is shown.")
@click.argument("record", metavar="RECORD", type=RECORD)
@click.option("--raw", is_flag=True, help="Print the mail byte for byte, and nothing else.")
@click.pass_obj
def show_command(settings: Settings, record: int, raw: bool) -> None:
    """Say in what a copy differs from the mail that is shown, line by line: `-` is shown, `+` is the copy.

    \b
    Example: patchlog copy show 120
             patchlog copy show 120 --raw > mail.eml
    """
    from patchlog.copies import differing_lines, read_copy
    from patchlog.terminal import say

    copy, shown = read_copy(settings, record)
    if raw:
        if copy.reading.raw is None:
            raise click.ClickException(f"record {record} was redacted: what it said is gone")
        return click.echo(copy.reading.raw, nl=False)
    say(f"record {copy.record} has the same Message-ID as record {shown.record}, which is shown")
    for line in differing_lines(shown, copy):
        say(line)


@click.command("choose", short_help="Make another copy count.")
@click.argument("record", metavar="RECORD", type=RECORD)
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who read it later.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def choose_command(settings: Settings, record: int, reason: str, as_json: bool) -> None:
    """Make the copy of this RECORD count from now on. That is a record of the log.

    What was announced with the other one is a new revision, with an event of its own; its test results and the state
    of the patch begin anew. `choose` with the other record takes it back.

    \b
    Example: patchlog copy choose 120 --reason "the first one was forged"
    """
    from patchlog.desk import opened_desk, print_json
    from schemas.records import CopyChosen

    _known(settings, (record,))
    with opened_desk(settings) as desk:
        said = desk.say_one(CopyChosen(record=record, reason=reason))
    if as_json:
        return print_json({"record": said.record, "folded": said.folded})
    click.echo(f"record {said.record} of the log; {said.progress()}")


@click.command("acknowledge", short_help="Say that somebody has looked: they alarm no more.")
@click.argument("records", metavar="[RECORD]...", type=RECORD, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that alarm.")
@click.option("--note", default="", metavar="TEXT", help="Why it needs no more care, for those who read it later.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def acknowledge_command(
    settings: Settings, records: tuple[int, ...], everything: bool, note: str, as_json: bool
) -> None:
    """Say that somebody has looked at copies: they alarm no more. That is a record of the log.

    \b
    Example: patchlog copy acknowledge 120 --note "a gateway that rewraps lines"
             patchlog copy acknowledge --all
    """
    from patchlog.desk import opened_desk, print_json
    from schemas.records import CopiesAcknowledged

    if bool(records) == everything:
        raise click.UsageError("expected one RECORD or more, or --all")
    meant = [copy.record for copy in _alarming(settings)] if everything else _known(settings, records)
    parts = [tuple(meant[start : start + AT_ONCE]) for start in range(0, len(meant), AT_ONCE)]
    with opened_desk(settings) as desk:
        said = desk.say(*[CopiesAcknowledged(records=part, note=note) for part in parts]) if parts else []
    if as_json:
        return print_json({"records": [one.record for one in said], "copies": meant})
    click.echo(f"{len(meant)} acknowledged; {said[-1].progress()}" if said else "no copy alarms")


def _listed(settings: Settings, *, alarming: bool, after_record: int = 0, limit: int = AT_ONCE) -> "list[Copy]":
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.copies import list_copies

    reader = Reader(settings.database_url)
    try:
        with reader.connect() as connection:
            return list_copies(connection, after_record=after_record, limit=limit, alarming=alarming)
    finally:
        reader.close()


def _alarming(settings: Settings) -> "list[Copy]":
    found: list[Copy] = []
    while page := _listed(settings, alarming=True, after_record=found[-1].record if found else 0):
        found += page
    return found


def _known(settings: Settings, records: Sequence[int]) -> list[int]:
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.copies import find_copies

    reader = Reader(settings.database_url)
    with reader.connect() as connection:
        known = find_copies(connection, tuple(records))
    reader.close()
    for record in records:
        if record not in known:
            raise click.ClickException(f"record {record} is no copy that differs from another mail")
    return list(dict.fromkeys(records))


def _row(copy: "Copy") -> tuple[str, ...]:
    from datetime import UTC, datetime

    from patchlog.terminal import plain

    received = datetime.fromtimestamp(copy.received_us // 1_000_000, UTC)
    state = "acknowledged" if copy.acknowledged_id is not None else "alarm"
    name = plain(f"<{copy.message_id}>")
    return str(copy.record), copy.project, state, f"{received:%Y-%m-%d %H:%M:%S}", ", ".join(copy.differs), name

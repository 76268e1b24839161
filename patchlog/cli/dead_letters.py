"""`patchlog dead-letters`: the mails of which nothing could be made, why, and another try."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from patchlog.cli.group import Commands
from schemas.settings import Settings

if TYPE_CHECKING:
    from projector.readmodel.generations import Reader

COMMANDS = {
    "list": "patchlog.cli.dead_letters:list_command",
    "show": "patchlog.cli.dead_letters:show_command",
    "retry": "patchlog.cli.dead_letters:retry_command",
}
RETRY_AT_ONCE = 500


@click.group("dead-letters", cls=Commands, lazy=COMMANDS)
def dead_letters_commands() -> None:
    """Look at the mails of which nothing could be made, and try them again."""


@click.command("list")
@click.option("--reason", help="Only those with this reason, such as no-project.")
@click.option("--after", "after_id", type=int, default=0, metavar="ID", help="Only those behind this one.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(settings: Settings, reason: str | None, after_id: int, limit: int, as_json: bool) -> None:
    """List them, oldest first.

    \b
    Example: patchlog dead-letters list --reason no-project
    """
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.dead_letters import list_dead_letters

    reader = Reader(settings.database_url)
    with reader.connect() as connection:
        letters = list_dead_letters(connection, after_id=after_id, limit=limit, reason=reason)
    reader.close()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(letters)))
        return
    for letter in letters:
        click.echo(f"{letter.id}\t{letter.reason}\t<{letter.message_id}>\t{letter.subject}")


@click.command("show")
@click.argument("mail_id", metavar="ID", type=int)
@click.pass_obj
def show_command(settings: Settings, mail_id: int) -> None:
    """Say why the mail with this ID is a dead letter, then print the mail, byte for byte.

    The reasons go to the standard error, the mail to the standard output.

    \b
    Example: patchlog dead-letters show 17 > mail.eml
    """
    from patchlog.stores import opened_log
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.dead_letters import find_dead_letter
    from schemas.records import MailReceived

    reader = Reader(settings.database_url)
    with reader.connect() as connection:
        letter = find_dead_letter(connection, mail_id)
    reader.close()
    if letter is None:
        raise click.ClickException(f"mail {mail_id} is no dead letter")
    with opened_log(settings) as log:
        (record,) = log.get([mail_id])
    assert isinstance(record.fact, MailReceived)
    received = datetime.fromtimestamp(letter.received_us / 1_000_000, UTC)
    click.echo(f"{letter.reason}: {letter.detail} (received {received.isoformat()})", err=True)
    click.echo(record.fact.raw, nl=False)


@click.command("retry")
@click.argument("mail_id", metavar="[ID]", type=int, required=False)
@click.option("--reason", help="Only those with this reason.")
@click.pass_obj
def retry_command(settings: Settings, mail_id: int | None, reason: str | None) -> None:
    """Have the projector read one dead letter again, or all of them.

    \b
    Example: patchlog dead-letters retry 17
    """
    from patchlog.stores import opened_log, wait_until_folded
    from projector.readmodel.generations import Reader
    from schemas.records import RetryRequested

    reader = Reader(settings.database_url)
    mails = _ids(reader, mail_id, reason)
    if mail_id is not None and not mails:
        raise click.ClickException(f"mail {mail_id} is no dead letter")
    if not mails:
        click.echo("no dead letters")
        return
    batches = [mails[start : start + RETRY_AT_ONCE] for start in range(0, len(mails), RETRY_AT_ONCE)]
    with opened_log(settings) as log:
        *_, last = log.append([RetryRequested(mails=tuple(batch)) for batch in batches])
    done = "the projector has read them again" if wait_until_folded(reader, last) else "they wait for a projector"
    reader.close()
    click.echo(f"{len(mails)} dead letters to read again; {done}")


def _ids(reader: "Reader", mail_id: int | None, reason: str | None) -> list[int]:
    from projector.readmodel.queries.dead_letters import find_dead_letter, list_dead_letters

    with reader.connect() as connection:
        if mail_id is not None:
            return [] if find_dead_letter(connection, mail_id) is None else [mail_id]
        ids: list[int] = []
        while page := list_dead_letters(connection, after_id=ids[-1] if ids else 0, limit=RETRY_AT_ONCE, reason=reason):
            ids += [letter.id for letter in page]
        return ids

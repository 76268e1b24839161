"""`patchlog dead-letters`: the mails of which nothing could be made, why, and what mends it.

What puts something on the log about them is in `patchlog.cli.dead_letters_asking`.
"""

import click

from patchlog.cli.group import Commands
from projector.assembly.dead_letters import REASONS
from schemas.settings import Settings

COMMANDS = {
    "list": "patchlog.cli.dead_letters:list_command",
    "show": "patchlog.cli.dead_letters:show_command",
    "retry": "patchlog.cli.dead_letters_asking:retry_command",
    "acknowledge": "patchlog.cli.dead_letters_asking:acknowledge_command",
}
ID_MAX = 2**63 - 1
ID = click.IntRange(1, ID_MAX)
REASON = click.Choice(sorted(REASONS))


@click.group("dead-letters", short_help="Look at mails of which nothing could be made.", cls=Commands, lazy=COMMANDS)
def dead_letters_commands() -> None:
    """Look at the mails of which nothing could be made, and try them again.

    \b
    Example: patchlog dead-letters list --alarming
    """


@click.command("list", short_help="List them, oldest first.")
@click.option("--reason", type=REASON, help="Only those with this reason.")
@click.option("--alarming", is_flag=True, help="Only those that somebody has to look at.")
@click.option(
    "--after", "after_id", type=click.IntRange(0, ID_MAX), default=0, metavar="ID", help="Only those behind this one."
)
@click.option("--limit", type=ID, default=100, show_default=True, metavar="N", help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(
    settings: Settings, reason: str | None, alarming: bool, after_id: int, limit: int, as_json: bool
) -> None:
    """List them, oldest first: a table on a terminal, else a line each with tabs between.

    The columns are id, reason, state (alarm, acknowledged or -), receipt in UTC, Message-ID, subject.

    \b
    Example: patchlog dead-letters list --reason no-project
    """
    from patchlog.letters import print_list
    from patchlog.terminal import print_ascii
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.dead_letters import list_dead_letters

    reader = Reader(settings.database_url)
    with reader.connect() as connection:
        letters = list_dead_letters(connection, after_id=after_id, limit=limit, reason=reason, alarming=alarming)
    reader.close()
    if as_json:
        return print_ascii(letters)
    print_list(letters)


@click.command("show", short_help="Say why a mail is one, and what mends it.")
@click.argument("mail_id", metavar="ID", type=ID)
@click.option("--raw", is_flag=True, help="Print the mail byte for byte, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def show_command(settings: Settings, mail_id: int, raw: bool, as_json: bool) -> None:
    """Say why the mail with this ID is a dead letter, show how it begins, and say how to mend it.

    With --raw, the mail goes to the standard output as it came.

    \b
    Example: patchlog dead-letters show 17
             patchlog dead-letters show 17 --raw > mail.eml
    """
    from patchlog.letters import print_letter
    from patchlog.stores import opened_log
    from patchlog.terminal import print_ascii
    from projector.dead_letters import show
    from projector.fold.projects import Projects
    from projector.fold.redacting import Redactions
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.dead_letters import find_dead_letters
    from projector.readmodel.working import WorkingSet
    from schemas.records import MailReceived

    if raw and as_json:
        raise click.UsageError("expected --raw or --json, came both")
    reader = Reader(settings.database_url)
    with opened_log(settings) as log, reader.connect() as connection:
        letter = find_dead_letters(connection, [mail_id]).get(mail_id)
        if letter is None:
            raise click.ClickException(f"mail {mail_id} is no dead letter")
        (record,) = log.get([mail_id])
        working = WorkingSet()
        working.connection = connection
        redactions = Redactions(working)
        redactions.load()
        if not isinstance(record.fact, MailReceived) or letter.message_id in redactions or mail_id in redactions:
            raise click.ClickException(f"mail {mail_id} was redacted: what it said is gone")
        if raw:
            return click.echo(record.fact.raw, nl=False)
        acknowledgement = next(iter(log.get([letter.acknowledged_id])), None) if letter.acknowledged_id else None
        projects = Projects(working)
        projects.load()
        shown = show(letter, record, acknowledgement, projects)
    reader.close()
    if as_json:
        return print_ascii(shown)
    print_letter(shown)

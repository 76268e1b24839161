"""`patchlog explain`: why a mail went where it went."""

import click
import msgspec

from schemas.characters import make_visible
from schemas.settings import Settings


@click.command("explain", short_help="Say why a mail went where it went.")
@click.argument("message_id", metavar="MESSAGE-ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array: one object for each project that has it.")
@click.pass_obj
def explain_command(settings: Settings, message_id: str, as_json: bool) -> None:
    """Say why a mail went where it went: what was read from it, what was inferred, which rule linked it to what.

    MESSAGE-ID may stand in angle brackets.

    \b
    Example: patchlog explain 20260302090000.1-ada@example.org
    """
    from patchlog.stores import opened_log
    from projector.assembly.explain import sentences
    from projector.explain import Explainer
    from projector.readmodel.generations import Reader
    from projector.readmodel.working import WorkingSet

    name = message_id.strip().removeprefix("<").removesuffix(">")
    reader = Reader(settings.database_url)
    with opened_log(settings) as log, reader.connect() as connection:
        working = WorkingSet()
        working.connection = connection
        explainer = Explainer(working, log)
        explanations = explainer.explain(name)
        complaint = "" if explanations else _never_came(name, explainer.is_named(name), log.end() - working.position())
    reader.close()
    if complaint:
        raise click.ClickException(complaint)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(explanations)))
        return
    for number, explanation in enumerate(explanations):
        if number:
            click.echo()
        for heading, lines in sentences(explanation):
            click.echo(make_visible(heading))
            for line in lines:
                click.echo(f"  {make_visible(line)}")


def _never_came(name: str, is_named: bool, behind: int) -> str:
    answered = "other mails refer to it, but it has never come" if is_named else "no mail has it, and none refers to it"
    waiting = f"; the projector is {behind} behind the end of the log" if behind > 0 else ""
    return f"<{name}>: {answered}{waiting}"

"""`patchlog status`: how far the read model is behind the log, and what became of every mail."""

import click
import msgspec

from schemas.settings import Settings


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def status_command(settings: Settings, as_json: bool) -> None:
    """Say how far the read model is behind the log, and what became of every mail.

    \b
    Example: patchlog status --json
    """
    from patchlog.stores import opened_log
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.status import read_status

    reader = Reader(settings.database_url)
    with opened_log(settings) as log, reader.connect() as connection:
        end, status = log.end(), read_status(connection)
    reader.close()
    document = {"log_end": end, "lag": max(0, end - status.position), **msgspec.to_builtins(status)}
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
        return
    click.echo(f"log: {end} records; read: {status.position}; behind: {document['lag']}")
    total = sum(status.mails.values()) + status.duplicates + sum(status.dead_letters.values())
    click.echo(f"mails read: {total}")
    for kind, n in status.mails.items():
        click.echo(f"  {kind}: {n}")
    click.echo(f"  duplicates: {status.duplicates}")
    click.echo(f"  dead letters: {sum(status.dead_letters.values())}")
    for reason, n in status.dead_letters.items():
        click.echo(f"    {reason}: {n}")

"""`patchlog log copy`: moves the log elsewhere."""

import click

from schemas.settings import Settings


@click.command("copy", short_help="Move the log to another URL, while mail comes.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.pass_obj
def copy_command(settings: Settings, source: str, target: str) -> None:
    """Copy the log at the URL FROM to the URL TO while others go on appending; then close FROM.

    Every record keeps its id; of what was redacted only stubs are copied. At the end FROM takes no more appends, and
    PATCHLOG_LOG has to be set to TO. What was stopped goes on where it stopped when it is run again.

    \b
    Example: patchlog log copy sqlite:///patchlog-data/log.db \\
               kafka://kafka1:9092/patchlog.log
    """
    from ingest.log import open_copy
    from ingest.log.copying import copy_log
    from ingest.log.redaction import Redactor
    from patchlog.bar import told_progress
    from patchlog.stores import opened_url
    from projector.redaction import stub_for

    with opened_url(source, settings) as log:
        redactor = Redactor(log, stub_for)
        copy = open_copy(target, settings.max_mail_bytes)
        try:
            with told_progress() as show:
                end = copy_log(log, copy, target.partition("?")[0], show, redactor)
        except KeyboardInterrupt:
            raise click.ClickException(f"stopped at record {copy.end()}; run it again to go on from there") from None
        finally:
            copy.close()
    if redactor.left:
        records = "1 record" if redactor.left == 1 else f"{redactor.left} records"
        click.echo(f"{records} may have been copied before a redaction: `patchlog status` says, and a copy mends it")
    if redactor.traces:
        click.echo("traces of what was redacted meanwhile are still beside the copy; `patchlog redact` removes them")
    click.echo(f"copied up to record {end}; {source} is closed, set PATCHLOG_LOG={target}")

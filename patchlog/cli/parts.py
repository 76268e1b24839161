"""`patchlog ingest`, `projector` and `api`: one part each, for a process manager, one machine or many."""

import sys

import click

from patchlog.cli.group import setting
from schemas.settings import Settings

PARENT = click.option("--parent", type=int, hidden=True, help="End when this process, our parent, does.")


@click.command("ingest", short_help="Receive mail and append it to the log.", params=[
    setting("smtp", "HOST:PORT", "Where mail is received."),
    setting("lmtp", "HOST:PORT or PATH", "Where it is received by LMTP too."),
])  # fmt: skip
@PARENT
@click.pass_obj
def ingest_command(settings: Settings, parent: int | None) -> None:
    """Receive mail by SMTP and LMTP and append it to the log, until SIGTERM.

    \b
    Example: patchlog ingest --data /var/lib/patchlog --smtp 0.0.0.0:25
    """
    _begin(settings, parent)
    from ingest.app import run

    sys.exit(run(settings))


@click.command("projector", short_help="Fold the log into the read model, and follow it.")
@PARENT
@click.pass_obj
def projector_command(settings: Settings, parent: int | None) -> None:
    """Fold the log into the read model and follow its end, until SIGTERM.

    \b
    Example: patchlog projector --data /var/lib/patchlog
    """
    _begin(settings, parent)
    from projector.app import run

    sys.exit(run(settings))


@click.command("api", params=[setting("http", "HOST:PORT", "Where the REST API is served.")])
@click.option("--generation", type=click.IntRange(1), metavar="N", help="Serve generation N, read only.")
@PARENT
@click.pass_obj
def api_command(settings: Settings, generation: int | None, parent: int | None) -> None:
    """Serve the REST API from the read model, until SIGTERM.

    \b
    Example: patchlog api --data /var/lib/patchlog --http 127.0.0.1:8000
    """
    _begin(settings, parent)
    from api.server import run
    from ingest.memory import keep_mappings_apart

    keep_mappings_apart()
    sys.exit(run(settings, generation))


def _begin(settings: Settings, parent: int | None) -> None:
    from ingest.journal import keep_journal

    keep_journal(settings.log_format)
    if parent is not None:
        from patchlog.dying_with import die_with

        die_with(parent)

"""`patchlog log`: makes the log; its other commands, each in a module of its own, look at it, move it and prove it."""

from pathlib import Path

import click

from patchlog.cli.group import Commands
from schemas.settings import Settings

COMMANDS = {
    "init": "patchlog.cli.log:init_command",
    "info": "patchlog.cli.log_info:info_command",
    "cat": "patchlog.cli.log_cat:cat_command",
    "copy": "patchlog.cli.log_copy:copy_command",
    "verify": "patchlog.cli.log_verify:verify_command",
    "export": "patchlog.cli.log_carry:export_command",
    "import": "patchlog.cli.log_carry:import_command",
}


@click.group("log", short_help="Look at the log, carry it, and hold it to its digests.", cls=Commands, lazy=COMMANDS)
def log_commands() -> None:
    """Look at the log itself: the one truth, from which everything else is made.

    \b
    Example: patchlog log info --count
    """


@click.command("init", short_help="Make the log, if it is not there.")
@click.pass_obj
def init_command(settings: Settings) -> None:
    """Make the log, if it is not there: on Kafka its topic, with one partition that forgets nothing.

    A SQLite log needs no init: whoever comes first makes it.

    \b
    Example: patchlog log init
             with PATCHLOG_LOG=kafka://kafka1:9092,kafka2:9092/patchlog.log
    """
    from ingest.log import make_log
    from patchlog.datadir import make_data_directory

    if settings.log_url.startswith("sqlite:///"):
        make_data_directory(Path(settings.log_url.removeprefix("sqlite:///")).parent)
    made = make_log(settings.log_url, settings.max_mail_bytes)
    click.echo(f"{settings.log_url}: {'made' if made else 'is there already'}")

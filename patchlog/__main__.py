"""The command `patchlog`: receives the mail of patch lists, and serves series and revisions."""

import click

from patchlog.cli.group import RootCommands
from patchlog.modes import keep_to_oneself

COMMANDS = {
    "up": "patchlog.cli.up:up_command",
    "ingest": "patchlog.cli.parts:ingest_command",
    "projector": "patchlog.cli.parts:projector_command",
    "api": "patchlog.cli.parts:api_command",
    "import": "patchlog.cli.import_:import_command",
    "project": "patchlog.cli.project:project_commands",
    "user": "patchlog.cli.user:user_commands",
    "token": "patchlog.cli.token:token_commands",
    "smtp-user": "patchlog.cli.smtp_user:smtp_user_command",
    "accept": "patchlog.cli.accept:accept_command",
    "status": "patchlog.cli.status:status_command",
    "dead-letters": "patchlog.cli.dead_letters:dead_letters_commands",
    "copy": "patchlog.cli.copy:copy_commands",
    "series": "patchlog.cli.series:series_commands",
    "redact": "patchlog.cli.redact:redact_command",
    "explain": "patchlog.cli.explain:explain_command",
    "replay": "patchlog.cli.replay:replay_command",
    "log": "patchlog.cli.log:log_commands",
    "backup": "patchlog.cli.backup:backup_command",
    "restore": "patchlog.cli.backup:restore_command",
}


@click.group(cls=RootCommands, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="patchlog")
def patchlog_commands() -> None:
    """Receive the patches of mailing lists by SMTP, keep every mail in a log, and serve series and revisions.

    \b
    Start everything:      patchlog up
    Tell it about a list:  patchlog project add demo --name Demo \\
                             --listid demo.example.org \\
                             --listemail demo@example.org
    How everything is:     patchlog status
    """


def main() -> None:
    """Run the command line; exits with 0, with 1 (failed) or with 2 (used wrongly)."""
    keep_to_oneself()
    patchlog_commands(prog_name="patchlog")


if __name__ == "__main__":
    main()

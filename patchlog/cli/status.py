"""`patchlog status`: how everything is, and what is wrong."""

import sys

import click
import msgspec

from patchlog.terminal import tell
from schemas.settings import Settings


@click.command("status", short_help="Say how everything is, and what is wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.option("--no-alarm", is_flag=True, help="Say nothing against the mail: only whether the parts are well.")
@click.pass_obj
def status_command(settings: Settings, as_json: bool, no_alarm: bool) -> None:
    """Say how everything is: the log, the projector, each list's last mail, dead letters, disks.

    The exit status is 1 where something is wrong, and a line on the standard error says what: the log or the read model
    does not answer, the projector or publishing is more than a minute behind, a list went silent, a disk is nearly
    full, or a mail broke a rule, and is a dead letter that nobody has acknowledged.

    \b
    Example: patchlog status --json
    """
    from patchlog.faults import faults
    from patchlog.state import look

    state = look(settings)
    wrong = faults(state, heed_mail=not no_alarm)
    if as_json:
        document = {**msgspec.to_builtins(state), "wrong": [fault.sentence for fault in wrong]}
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
    else:
        from patchlog.state_table import print_state

        print_state(state, wrong)
    if state.wider:
        first, number = state.wider[0], len(state.wider)
        tell(
            f"Warning: others of this machine may read {first}, and {number - 1} more; chmod go= takes that away.",
            err=True,
        )
    for fault in wrong:
        tell(f"Error: {fault.sentence}", err=True)
    sys.exit(1 if wrong else 0)

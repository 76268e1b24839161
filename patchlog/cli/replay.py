"""`patchlog replay`: folds the whole log into a fresh read model, beside the one that is being read."""

import click

from schemas.settings import Settings


@click.command("replay")
@click.pass_obj
def replay_command(settings: Settings) -> None:
    """Fold the log again from its first record, and switch over to the result.

    Needed after a change of the program that reads old mail differently; harmless at any time. The API serves the
    present read model until the new one has caught up.

    \b
    Example: patchlog replay --data /var/lib/patchlog
    """
    from projector.app import replay
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from patchlog.stores import opened_log

    with opened_log(settings) as log:
        end = log.end()
    columns = (TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TextColumn("records"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replay", total=end)
        replay(settings, lambda position, now: bar.update(task, completed=position, total=now))
    click.echo(f"replayed: the new read model has caught up with the log (record {end} and what came since)")

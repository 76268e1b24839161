"""`patchlog replay`: folds the whole log into a fresh read model, beside the one that is being read."""

import click

from schemas.settings import Settings


@click.command("replay")
@click.option("--drop-old", is_flag=True, help="Delete the present read model when the new one has taken over.")
@click.pass_obj
def replay_command(settings: Settings, drop_old: bool) -> None:
    """Fold the log again from its first record, and switch over to the result.

    Needed after a change of the program that reads old mail differently; harmless at any time. The API serves the
    present read model until the new one has caught up.

    \b
    Example: patchlog replay --data /var/lib/patchlog
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ingest.journal import keep_journal
    from patchlog.stores import opened_log
    from projector.app import replay

    keep_journal(settings.log_format)
    with opened_log(settings) as log:
        end = log.end()
    columns = (TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TextColumn("records"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replay", total=end)
        generation = replay(
            settings, lambda position, now: bar.update(task, completed=position, total=now), drop_old=drop_old
        )
    click.echo(f"replayed: generation {generation} of the read model has caught up with the log and is live")

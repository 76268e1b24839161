"""`patchlog replay`: folds the whole log into a fresh read model, beside the one that is being read."""

from datetime import datetime

import click

from patchlog.cli.times import read_time
from patchlog.terminal import tell
from schemas.settings import Settings


@click.command("replay", short_help="Fold the log again, and switch over to the result.")
@click.option("--fresh", is_flag=True, help="Begin anew, even where a replay that was stopped could be gone on with.")
@click.option("--drop-old", is_flag=True, help="Delete what was live before, when the new one has taken over.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--until", metavar="TIME", help="Build the state as of an ISO date or time (UTC) instead, to be looked at."
)
@click.option("--list", "is_list", is_flag=True, help="List the generations that are there.")
@click.option("--drop", type=click.IntRange(1), metavar="N", help="Delete generation N, which is not live.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: print a JSON object; with --list: an array.")
@click.pass_obj
def replay_command(
    settings: Settings,
    fresh: bool,
    drop_old: bool,
    dry_run: bool,
    until: str | None,
    is_list: bool,
    drop: int | None,
    as_json: bool,
) -> None:
    """Fold the log again from its first record, and switch over to the result.

    Needed after a change of the program that reads old mail differently; harmless at any time. The API serves the
    present read model until the new one has caught up. Ctrl-C stops it; called again, it goes on from there.

    \b
    Example: patchlog replay --dry-run
    """
    asked = {"--dry-run": dry_run, "--until": until is not None, "--list": is_list, "--drop": drop is not None}
    _check([name for name, is_asked in asked.items() if is_asked], fresh or drop_old, as_json)
    if is_list:
        _list(settings, as_json)
    elif drop is not None:
        _drop(settings, drop)
    elif until is not None:
        _build(settings, read_time("--until", until))
    elif dry_run:
        _rehearse(settings, as_json)
    else:
        _replay(settings, fresh, drop_old)


def _check(modes: list[str], with_switch: bool, as_json: bool) -> None:
    """Raise UsageError for options that do not go together."""
    if len(modes) > 1:
        raise click.UsageError(f"expected one of --dry-run, --until, --list and --drop, came {' '.join(modes)}")
    if modes and with_switch:
        raise click.UsageError(f"{modes[0]} makes nothing live: expected no --fresh and no --drop-old beside it")
    if as_json and modes not in (["--dry-run"], ["--list"]):
        raise click.UsageError("--json: expected --dry-run or --list beside it")


def _begin(settings: Settings) -> None:
    from ingest.journal import keep_journal
    from patchlog.stores import opened_log

    keep_journal(settings.log_format)
    with opened_log(settings):
        pass  # a log that is not there is no empty one


def _replay(settings: Settings, fresh: bool, drop_old: bool) -> None:
    from patchlog.bar import shown_progress
    from projector.app import replay
    from projector.replay import ReplayStopped

    _begin(settings)
    with shown_progress("replay") as progress:
        try:
            generation = replay(settings, progress, fresh=fresh, drop_old=drop_old)
        except ReplayStopped as stopped:
            raise click.ClickException(f"{stopped}; `patchlog replay` goes on from there") from None
    tell(f"replayed: generation {generation} of the read model has caught up with the log and is live")


def _rehearse(settings: Settings, as_json: bool) -> None:
    from patchlog.bar import shown_progress
    from patchlog.cli.differences import show_differences
    from patchlog.desk import print_json
    from projector.app import rehearse

    _begin(settings)
    with shown_progress("dry run") as progress:
        differences = rehearse(settings, progress)
    if as_json:
        print_json(differences)
    else:
        show_differences(differences)


def _build(settings: Settings, until: datetime) -> None:
    from patchlog.bar import shown_progress
    from projector.app import build_moment

    _begin(settings)
    with shown_progress("replay") as progress:
        generation = build_moment(settings, until, progress)
    tell(
        f"generation {generation} has the state as of {until:%Y-%m-%d %H:%M:%S} UTC:"
        f" `patchlog api --generation {generation}` serves it, `patchlog replay --drop {generation}` removes it"
    )


def _list(settings: Settings, as_json: bool) -> None:
    from patchlog.columns import print_columns
    from patchlog.desk import print_json
    from projector.beside import list_generations
    from projector.readmodel.generations import ReadModels

    found = list_generations(ReadModels(settings.database_url))
    if as_json:
        return print_json(found)
    untils = [f" {one.until:%Y-%m-%d %H:%M:%S} UTC" if one.until is not None else "" for one in found]
    rows = [
        (str(one.generation), f"{one.state}{until}", f"{one.records} records", f"schema version {one.schema_version}")
        for one, until in zip(found, untils, strict=True)
    ]
    print_columns(("number", "state", "log", "tables"), rows)


def _drop(settings: Settings, number: int) -> None:
    from projector.beside import drop_generation
    from projector.readmodel.generations import ReadModels

    drop_generation(ReadModels(settings.database_url), number)
    click.echo(f"generation {number} is gone")

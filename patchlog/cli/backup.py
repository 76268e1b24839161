"""`patchlog backup` and `restore`: a SQLite log saved while mail comes, and put back."""

from pathlib import Path

import click

from patchlog.terminal import tell
from schemas.settings import Settings

SQLITE = "sqlite:///"


@click.command("backup", short_help="Save the log in a folder, while mail comes.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def backup_command(settings: Settings, folder: Path) -> None:
    """Save the log, as it is now, in the folder DIR, while Patchlog runs.

    What was answered with 250 before is in it. DIR may be missing, empty or an earlier backup, whose place this one
    takes when it is whole. The read model is not in it: `patchlog replay` makes it again.

    \b
    Example: patchlog backup /backup/patchlog
    """
    from patchlog.backups import check_place, make_backup
    from patchlog.bar import told_progress
    from patchlog.configuration import FILE_NAME
    from patchlog.witnesses import read_model_witnesses

    log = _path(settings, "`patchlog log export FILE` writes it to a file while mail comes")
    if not log.exists():
        raise ValueError(f"no log at {log}: start `patchlog up`, or name its directory with --data")
    folder = folder.absolute()
    check_place(folder)
    file = Path(settings.data) / FILE_NAME
    with told_progress() as show:
        made = make_backup(
            log, file if file.is_file() else None, folder, read_model_witnesses(settings), click.echo, show
        )
    tell(
        f"{folder} has the log up to record {made.last}, recorded {made.last_recorded_at:%Y-%m-%d %H:%M:%S} UTC;"
        f" running hash {made.running_hash}@{made.last}"
    )


@click.command("restore", short_help="Put the log back from such a folder.")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def restore_command(settings: Settings, folder: Path) -> None:
    """Put the log back from the folder DIR, which `patchlog backup` made, where no log is.

    \b
    Example: patchlog restore /backup/patchlog --data /var/lib/patchlog
    """
    import os
    import shutil

    from patchlog.backups import read_manifest, restore_backup
    from patchlog.bar import told_progress
    from patchlog.configuration import FILE_NAME, load_settings_with
    from patchlog.datadir import hold_data_directory, make_data_directory

    manifest = read_manifest(folder)
    data, saved = Path(settings.data), folder / FILE_NAME
    brings_settings = saved.is_file() and not (data / FILE_NAME).exists()
    if brings_settings and not Path(FILE_NAME).is_file():
        settings = load_settings_with(os.environ, saved, settings.data)
    log = _path(settings, "`patchlog log import FILE` makes it of a file that `patchlog log export` wrote")
    make_data_directory(data)
    make_data_directory(log.parent)
    hold_data_directory(data)
    with told_progress() as show:
        restore_backup(folder, manifest, log, click.echo, show)
    if brings_settings:
        shutil.copyfile(saved, data / FILE_NAME)
    click.echo(
        f"{log} reaches up to record {manifest.last}, recorded {manifest.last_recorded_at:%Y-%m-%d %H:%M:%S} UTC; what"
        f" came later is not in it. Next: `patchlog replay --fresh --data {data}`"
    )


def _path(settings: Settings, instead: str) -> Path:
    """The file of the log. Raises ValueError for a log that is none, with what to do instead."""
    if not settings.log_url.startswith(SQLITE):
        raise ValueError(f"{settings.log_url.partition('?')[0]}: expected a log in SQLite; {instead}")
    return Path(settings.log_url.removeprefix(SQLITE))

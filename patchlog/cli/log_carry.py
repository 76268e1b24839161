"""`patchlog log export` and `import`: the log in one file, to be kept or carried anywhere."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patchlog.terminal import tell
from schemas.settings import Settings

if TYPE_CHECKING:
    from ingest.log.copying import Progress
    from ingest.log.portable import Export


@click.command("export", short_help="Write the log to one file, while mail comes.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_command(settings: Settings, file: Path) -> None:
    """Write the log to FILE, up to its end as it is now, while others go on appending.

    The file is packed with zstd, and can be read without Patchlog (docs/log.md).

    \b
    Example: patchlog log export patchlog-2026-03-02.log.zst
    """
    from ingest.log.portable import export_log
    from patchlog.bar import told_progress
    from patchlog.stores import opened_log

    with opened_log(settings) as log, told_progress() as show:
        done = export_log(log, file, show)
    tell(f"{file} has {done.records} records up to record {done.last}; running hash {done.running_hash}@{done.last}")


@click.command("import", short_help="Make the log anew from such a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_command(settings: Settings, file: Path) -> None:
    """Make the log anew from FILE, which `patchlog log export` wrote: every record with its id.

    The log must not be there yet. What was stopped goes on where it stopped when it is run again; until it is through,
    nobody can append. Then `patchlog replay` makes the read model.

    \b
    Example: patchlog log import patchlog-2026-03-02.log.zst
    """
    from ingest.log.portable import Export
    from ingest.log.restoring import check_export
    from patchlog.bar import told_progress

    export = Export(file)
    with told_progress() as show:
        check_export(export, show)
    with told_progress() as show:
        end = _restore(settings, export, show)
    tell(
        f"{settings.log_url} has the records up to {export.header.last} of {file}, and record {end}, which says so;"
        " next: `patchlog replay --fresh`"
    )


def _restore(settings: Settings, export: "Export", show: "Progress") -> int:
    from ingest.log import open_copy
    from ingest.log.restoring import restore_log
    from patchlog.datadir import make_data_directory
    from patchlog.stores import opened_url

    if settings.log_url.startswith("sqlite:///"):
        make_data_directory(Path(settings.log_url.removeprefix("sqlite:///")).parent)
    copy = open_copy(settings.log_url, settings.max_mail_bytes)
    try:
        if copy.end() == 0:
            return restore_log(export, copy, None, show)
        with opened_url(settings.log_url, settings) as there:
            return restore_log(export, copy, there, show)
    finally:
        copy.close()

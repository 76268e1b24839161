"""`python -m bench.assembly_report PATH...`: the report on one archive or more."""

import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console

from bench.assembly_report.mails import read_list
from bench.assembly_report.report import add_up, judge_list
from bench.assembly_report.show import show
from ingest.archive import ArchiveError


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print values instead of tables.")
@click.option("--worst", default=3, show_default=True, help="Pictures of threads for each signal and list.")
@click.option("--shuffle-days", default=0, help="Fold so many times with the mails of each day in any order.")
@click.option("--shuffle-whole", default=0, help="Fold so many times with all mails in any order.")
@click.option("--partial-wait", "waits", multiple=True, type=int, help="Count late members with this wait, in seconds.")
def main(
    paths: tuple[Path, ...], as_json: bool, worst: int, shuffle_days: int, shuffle_whole: int, waits: tuple[int, ...]
) -> None:
    """Say what the assembly makes of archives (mbox, packed or not; maildir; .eml files; public-inbox)."""
    try:
        reports = [judge_list(*read_list(path), worst, shuffle_days, shuffle_whole, waits) for path in paths]
    except ArchiveError as error:
        sys.exit(f"assembly-report: {error}")
    total = add_up(reports)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"lists": reports, "all": total})).decode())
    else:
        show(reports, total, Console(width=None if sys.stdout.isatty() else 180))


if __name__ == "__main__":
    main()

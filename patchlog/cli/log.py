"""`patchlog log`: looks at the log itself."""

import sys

import click
import msgspec

from patchlog.cli.group import Commands
from schemas.records import Record
from schemas.settings import Settings

COMMANDS = {"info": "patchlog.cli.log:info_command", "cat": "patchlog.cli.log:cat_command"}


@click.group("log", cls=Commands, lazy=COMMANDS)
def log_commands() -> None:
    """Look at the log itself: the one truth, from which everything else is made."""


@click.command("info")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def info_command(settings: Settings, as_json: bool) -> None:
    """Say where the log is, and how long.

    \b
    Example: patchlog log info
    """
    from patchlog.stores import opened_log

    with opened_log(settings) as log:
        end = log.end()
        first, last = log.read(0, 1), log.get([end])
    document = {
        "url": settings.log_url,
        "first": first[0].id if first else None,
        "end": end,
        "opened_at": first[0].recorded_at if first else None,
        "last_recorded_at": last[0].recorded_at if last else None,
        "last_type": last[0].fact.type_name if last else None,
    }
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
        return
    for name, value in msgspec.to_builtins(document).items():
        click.echo(f"{name}: {'-' if value is None else value}")


@click.command("cat")
@click.option("--after", "after_id", type=int, default=0, metavar="ID", help="Only records behind this one.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--raw", is_flag=True, help="With the mails' bytes (base64) and what was read from them.")
@click.pass_obj
def cat_command(settings: Settings, after_id: int, limit: int | None, raw: bool) -> None:
    """Print the records as JSON, one a line.

    \b
    Example: patchlog log cat --after 100 --limit 10
    """
    from patchlog.stores import all_records, opened_log

    with opened_log(settings) as log:
        for number, record in enumerate(all_records(log, after_id), start=1):
            sys.stdout.buffer.write(msgspec.json.encode(_document(record, raw)) + b"\n")
            if number == limit:
                break
        sys.stdout.buffer.flush()


def _document(record: Record, raw: bool) -> dict[str, object]:
    fields = msgspec.to_builtins(record.fact)
    if not raw:
        if "raw" in fields:
            fields["raw_bytes"] = len(getattr(record.fact, "raw", b""))
        fields.pop("raw", None)
        fields.pop("parsed", None)
    return {"id": record.id, "type": record.fact.type_name, "recorded_at": record.recorded_at, **fields}

"""`patchlog log info`: where the log is, how long, and what is in it."""

from collections import Counter
from typing import TYPE_CHECKING

import click
import msgspec

from patchlog.terminal import tell
from schemas.settings import Settings

if TYPE_CHECKING:
    from ingest.log import Log

BATCH = 1000
DAMAGED = "(damaged)"


@click.command("info", short_help="Say where the log is, how long and how large.")
@click.option("--count", "with_count", is_flag=True, help="Count the records by type, which reads all of them.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def info_command(settings: Settings, with_count: bool, as_json: bool) -> None:
    """Say where the log is, how long and how large, and its running hash as the read model has it.

    Write that hash down elsewhere: `patchlog log verify --expect` holds the log to it later.

    \b
    Example: patchlog log info --count
    """
    from patchlog.stores import opened_log

    running = _running_hash(settings)
    with opened_log(settings) as log:
        end = log.end()
        first, last = log.read(0, 1), log.get([end])
        document: dict[str, object] = {
            "url": settings.log_url,
            "first": first[0].id if first else None,
            "end": end,
            "bytes": log.size_bytes(),
            "opened_at": first[0].recorded_at if first else None,
            "last_recorded_at": last[0].recorded_at if last else None,
            "last_type": last[0].fact.type_name if last else None,
            "running_hash": running,
        }
        if with_count:
            document["types"] = _count(log, end)
    _print(msgspec.to_builtins(document), as_json)


def _print(document: dict[str, object], as_json: bool) -> None:
    if as_json:
        from patchlog.desk import print_json

        return print_json(document)
    types = document.pop("types", {})
    for name, value in document.items():
        tell(f"{name}: {'-' if value is None else value}")
    assert isinstance(types, dict)
    for name, count in types.items():
        click.echo(f"  {name}: {count}")


def _running_hash(settings: Settings) -> str | None:
    """HASH@ID at the last record that the read model has folded; None where there is no read model to ask."""
    from projector.readmodel.generations import NoReadModel, Reader, is_unavailable
    from projector.readmodel.queries.checkpoints import read_last_checkpoint

    reader = Reader(settings.database_url)
    try:
        with reader.connect() as connection:
            found = read_last_checkpoint(connection)
            return f"{found[1].hex()}@{found[0]}" if found is not None else None
    except NoReadModel:
        return None
    except Exception as error:
        if not is_unavailable(error):
            raise
        return None
    finally:
        reader.close()


def _count(log: "Log", end: int) -> dict[str, int]:
    """How many records there are of each type, the most frequent first."""
    from ingest.log.codec import Codec
    from patchlog.bar import told_progress

    codec, position = Codec(), 0
    counts: Counter[str] = Counter()
    with told_progress() as show:
        while position < end and (records := log.read_stored(position, BATCH)):
            counts.update(codec.look(*record).type_name or DAMAGED for record in records)
            position = records[-1].id
            show(position, end)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

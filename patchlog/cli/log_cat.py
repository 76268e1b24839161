"""`patchlog log cat`: prints the records of the log, for people or for programs."""

import sys
from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click
import msgspec

from schemas.records import FACT_TYPES, MailReceived, Record
from schemas.settings import Settings

if TYPE_CHECKING:
    from ingest.log import Log

BATCH = 1000
TYPES = sorted(fact_type.type_name for fact_type in FACT_TYPES)
TYPE_WIDTH = max(map(len, TYPES))
ID_WIDTH = 8
LINE_MAX = 200
"""Characters that a line for people may have behind its type."""


@click.command("cat", short_help="Print the records, one a line.")
@click.option("--from", "from_id", type=click.IntRange(1), metavar="ID", help="Only this record and those behind it.")
@click.option("--after", "after_id", type=click.IntRange(0), metavar="ID", help="Only records behind this one.")
@click.option(
    "--type", "types", multiple=True, metavar="TYPE", help="Only records of this type, such as mail.received."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--raw", is_flag=True, help="With --json: the mails' bytes too (base64), and what was read from them.")
@click.pass_obj
def cat_command(
    settings: Settings,
    from_id: int | None,
    after_id: int | None,
    types: tuple[str, ...],
    limit: int | None,
    as_json: bool,
    raw: bool,
) -> None:
    """Print the records, one a line: id, time (UTC), type, and what it says in short.

    \b
    Example: patchlog log cat --from 100 --limit 10 --type mail.received
    """
    from patchlog.stores import opened_log

    if from_id is not None and after_id is not None:
        raise click.UsageError("expected one of --from and --after, came both")
    if raw and not as_json:
        raise click.UsageError("--raw: expected --json beside it")
    for name in types:
        if name not in TYPES:
            raise click.UsageError(f"--type: expected one of {', '.join(TYPES)}, came {name!r}")
    after = from_id - 1 if from_id is not None else after_id or 0
    with opened_log(settings) as log:
        for record in islice(_records(log, after, types), limit):
            sys.stdout.buffer.write(_as_json(record, raw) if as_json else _as_line(record))
        sys.stdout.buffer.flush()


def _records(log: "Log", position: int, types: Collection[str]) -> Iterator[Record]:
    """The records of some types (all, if none is named) that are there now. Others are not unpacked."""
    from ingest.log.codec import Codec

    codec, end = Codec(), log.end()
    while position < end and (stored := log.read_stored(position, BATCH)):
        for one in stored:
            if not types or codec.front(*one).type_name in types:
                yield codec.unpack(*one)
        position = stored[-1].id


def _as_json(record: Record, raw: bool) -> bytes:
    fields = msgspec.to_builtins(record.fact)
    if not raw:
        if "raw" in fields:
            fields["raw_bytes"] = len(getattr(record.fact, "raw", b""))
        fields.pop("raw", None)
        fields.pop("parsed", None)
    document = {"id": record.id, "type": record.fact.type_name, "recorded_at": record.recorded_at, **fields}
    return msgspec.json.encode(document) + b"\n"


def _as_line(record: Record) -> bytes:
    time, name = f"{record.recorded_at:%Y-%m-%d %H:%M:%S}", record.fact.type_name
    text = f"{record.id:>{ID_WIDTH}}  {time}  {name:<{TYPE_WIDTH}}  {printable(_in_short(record))}"
    return text.rstrip().encode(errors="replace") + b"\n"


def _in_short(record: Record) -> str:
    """What a record says: of a mail its Message-ID and subject, else its fields."""
    if isinstance(record.fact, MailReceived):
        parsed = record.fact.parsed
        seen = f"<{parsed.message_id}> {parsed.subject}" if parsed is not None else f"{len(record.fact.raw)} bytes"
        return f"{record.fact.source}: {seen}"
    fields = msgspec.to_builtins(record.fact)
    return " ".join(f"{name}={_value(value)}" for name, value in fields.items())


def _value(value: object) -> str:
    return value if isinstance(value, str) and value.isalnum() else msgspec.json.encode(value).decode()


def printable(text: str) -> str:
    """What a terminal may be shown: no control characters, and not too much of it."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return shown if len(shown) <= LINE_MAX else shown[: LINE_MAX - 1] + "…"

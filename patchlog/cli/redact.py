"""`patchlog redact`: takes the words of a mail out of the log and of all that was made of it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from schemas.settings import Settings

if TYPE_CHECKING:
    from patchlog.redacting import Redacted


@click.command("redact", short_help="Take away what a mail says.")
@click.argument("message_id", metavar="[MESSAGE-ID]", default="")
@click.option("--record", type=click.IntRange(1, 2**63 - 1), metavar="N", help="Only the copy of record N of the log.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; the log keeps it, so name nobody in it.")
@click.pass_obj
def redact_command(settings: Settings, message_id: str, record: int | None, reason: str) -> None:
    """Take away what the mail with this Message-ID says: subject, author, text and diff, wherever they are.

    With --record, only what one of the mails with a Message-ID says, which the others do not.

    Its place among other mails stays, and so do Message-IDs. There is no way back. What was stopped, or has to wait
    for a projector, is ended when it is run again.

    \b
    Example: patchlog redact 20260102.1-jane@example.org --reason "was asked for"
             patchlog redact --record 120 --reason "a forged copy"
    """
    from patchlog.redacting import redact, redact_copy
    from patchlog.stores import opened_log
    from projector.readmodel.generations import Reader, ReadModels

    if bool(message_id) == (record is not None):
        raise click.UsageError("expected a MESSAGE-ID or --record N")
    message_id = message_id.strip().removeprefix("<").removesuffix(">")
    reader = Reader(settings.database_url)
    try:
        with opened_log(settings) as log:
            models = ReadModels(settings.database_url)
            if record is not None:
                done = redact_copy(log, reader, models, record, reason)
            else:
                done = redact(log, reader, models, message_id, reason)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    finally:
        reader.close()
    for line in _told(done, settings.log_url):
        click.echo(line)


def _told(done: "Redacted", log_url: str) -> Iterator[str]:
    from ingest.log import Replaced

    yield f"redacted: {_records(done.mails)}, by record {done.record}"
    if not done.stubs:
        yield "log: nothing of it is left"
    elif done.replaced is Replaced.NEVER:
        yield f"log: {_records(done.stubs)} cannot be replaced in a topic: `patchlog log copy {log_url} TO` leaves the"
        yield "words out, and then the old topic is to be deleted; `patchlog status` counts them until then"
    else:
        yield f"log: {_records(done.stubs)} replaced"
    if done.replaced is Replaced.TRACES:
        yield "log: readers keep old pages beside its file: run this again to remove them"
    yield from _told_of_read_model(done)
    if done.answers:
        yield f"answers, which may quote it: {_records(done.answers)}"
    yield "backups, exports and what others have fetched are not touched"


def _told_of_read_model(done: "Redacted") -> Iterator[str]:
    if done.cleaned is None:
        yield "read model: not yet; a projector will do it when it runs: run this again then, to clean its files"
        return
    gone = f"; dropped {_numbered('generation', done.cleaned.dropped)}" if done.cleaned.dropped else ""
    yield f"read model: done{gone}"
    for why in done.cleaned.left:
        yield f"read model: {why}; run this again to clean up"


def _records(ids: Sequence[int]) -> str:
    return _numbered("record", ids)


def _numbered(what: str, numbers: Sequence[int]) -> str:
    return f"{what}{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"

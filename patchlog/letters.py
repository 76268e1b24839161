"""Which dead letters a command is about, and how they are shown: a list, or one with its mail."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import click

from patchlog.columns import print_columns
from patchlog.terminal import plain, say
from projector.dead_letters import Shown
from projector.readmodel.generations import Reader
from projector.readmodel.queries.dead_letters import DeadLetter, find_dead_letters, list_dead_letters

AT_ONCE = 500
"""Dead letters in one record, and in one query."""


class Choice(NamedTuple):
    """What the command line named: mails by their ids, or those of a reason, or all."""

    mails: tuple[int, ...]
    everything: bool
    reason: str | None


def chosen(reader: Reader, choice: Choice, *, alarming: bool = False) -> list[DeadLetter]:
    """The dead letters that were named, each once. alarming: of all, only those that alarm.

    Raises UsageError where nothing or two things were named, ClickException for a mail that is no dead letter.
    """
    mails, everything, reason = choice
    if not mails and not everything and reason is None:
        raise click.UsageError("which? Expected one ID or more, or --all, or --reason R; came none of them")
    if mails and (everything or reason is not None):
        raise click.UsageError("expected either IDs, or --all and --reason; came both")
    with reader.connect() as connection:
        if not mails:
            found: list[DeadLetter] = []
            while page := list_dead_letters(
                connection, after_id=found[-1].id if found else 0, limit=AT_ONCE, reason=reason, alarming=alarming
            ):
                found += page
            return found
        known = find_dead_letters(connection, mails)
    if missing := [str(id) for id in dict.fromkeys(mails) if id not in known]:
        many = len(missing) > 1
        raise click.ClickException(
            f"mail{'s' * many} {', '.join(missing)} {'are no dead letters' if many else 'is no dead letter'}"
        )
    return [known[id] for id in dict.fromkeys(mails)]


def batches(letters: Sequence[DeadLetter]) -> list[tuple[int, ...]]:
    """The ids of dead letters, in parts that fit one record."""
    ids = [letter.id for letter in letters]
    return [tuple(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE)]


def state(letter: DeadLetter) -> str:
    """Whether somebody has to look at it, or has."""
    if letter.acknowledged_id is not None:
        return "acknowledged"
    return "alarm" if letter.alarms else "-"


def print_list(letters: Sequence[DeadLetter]) -> None:
    """Print a table on a terminal, else a line each with tabs between."""
    headings = ("id", "reason", "state", "received (UTC)", "Message-ID", "subject")
    print_columns(headings, map(_row, letters), wide=("Message-ID",))


def _row(letter: DeadLetter) -> tuple[str, ...]:
    received = datetime.fromtimestamp(letter.received_us // 1_000_000, UTC)
    name, subject = plain(f"<{letter.message_id}>"), plain(letter.subject)
    return str(letter.id), letter.reason, state(letter), f"{received:%Y-%m-%d %H:%M:%S}", name, subject


def print_letter(shown: Shown) -> None:
    """Print one dead letter for people."""
    for heading, lines in _parts(shown):
        say(heading)
        for line in lines:
            say(f"  {line}")


def _parts(shown: Shown) -> Iterator[tuple[str, list[str]]]:
    is_alarm = "an alarm" if shown.alarms else "no alarm"
    yield f"Mail {shown.id} is a dead letter: {shown.reason} ({is_alarm})", [f"Why: {shown.detail}.", shown.meaning]
    if shown.acknowledged is not None:
        done = shown.acknowledged
        note = f": {done.note}" if done.note else ""
        yield "Acknowledged", [f"by record {done.record} of the log, {done.at:%Y-%m-%d %H:%M:%S} UTC{note}"]
    yield "How it came", list(_arrival(shown))
    yield "Header", [f"{field.name}: {field.value}" for field in shown.header] or ["no field that Patchlog reads"]
    lines = [line.replace("\t", "    ").rstrip() for line in shown.text]
    rest = [f"... and {shown.lines_left} more lines"] if shown.lines_left else []
    yield "Text", ([f"| {line}" for line in lines] if any(lines) else ["none"]) + rest
    yield "What mends it", [line for step in shown.mend for line in (step.text, f"    {step.command}") if line.strip()]


def _arrival(shown: Shown) -> Iterator[str]:
    yield f"by {shown.source}, {shown.size_bytes} bytes"
    yield f"received {shown.received_at:%Y-%m-%d %H:%M:%S} UTC, recorded {shown.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    if shown.envelope_sender is None:
        yield f"imported as mail of {shown.archive_list or 'no list in particular'}"
        return
    yield f"envelope sender: {f'<{shown.envelope_sender}>' if shown.envelope_sender else '<> (none: a bounce, say)'}"
    yield f"envelope recipients: {', '.join(f'<{name}>' for name in shown.recipients) or 'none'}"

"""How everything is: what `patchlog status` shows. Each store is looked at by itself, so that one that is away hides
nothing of the other.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from patchlog.modes import found_wider
from schemas.records import MailReceived
from schemas.settings import Settings

if TYPE_CHECKING:
    from ingest.log import Log
    from projector.readmodel.queries.status import Status

RATE_SECONDS = 300
RATE_RECORDS = 1000
RATE_READS = 4
"""One read gives some megabytes at most, so large mails do not make this long."""
DAYS_MIN = 10
"""On so many days a list has to have had patches before anything is usual of it."""
INCOMPLETE_SECONDS = 86_400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ListState(msgspec.Struct, frozen=True, kw_only=True):
    """A project's list. usual_seconds: the longest time that it used to be without patches; None: nobody can tell.

    last_mail: when mail of it was received last. is_live: whether it ever came by SMTP.
    """

    linkname: str
    last_mail: datetime | None
    is_live: bool
    usual_seconds: float | None


class DiskState(msgspec.Struct, frozen=True, kw_only=True):
    """The disk of a store ("log" or "read model") that is a file of this machine."""

    store: str
    free_bytes: int
    size_bytes: int


class Publishing(msgspec.Struct, frozen=True, kw_only=True):
    """Events that are not published yet, 10,000 for more, too; and how long the first of them has waited."""

    events: int
    seconds: float


class State(msgspec.Struct, kw_only=True):
    """Everything; None for what could not be had, which log_away and database_away explain ("" where they answered).

    copies: mails that say something else than one with their Message-ID. doubtful: patches that are shown with a
    warning, for git could read their mail otherwise. redactions: Message-IDs; to_redact: records of the log that still
    have their words. The names of the first twelve are those that programs know. lag: records. generations: the live
    one first. wider: the data directory and files in it that others of this machine may read.
    """

    log_end: int | None = None
    lag: int | None = None
    position: int | None = None
    mails: dict[str, int] = {}
    duplicates: int = 0
    dead_letters: dict[str, int] = {}
    alarms: dict[str, int] = {}
    copies: int = 0
    copy_alarms: dict[str, int] = {}
    doubtful: int = 0
    redactions: int = 0
    to_redact: int | None = None
    at: datetime
    log_away: str = ""
    log_time: datetime | None = None
    mails_per_second: float | None = None
    database_away: str = ""
    lag_seconds: float | None = None
    lists: list[ListState] = []
    series_incomplete: int | None = None
    publishing: Publishing | None = None
    disks: list[DiskState] = []
    generations: list[int] = []
    wider: list[str] = []


def look(settings: Settings) -> State:
    """Look at everything. Raises nothing for a store that is away, or was never made."""
    from ingest.log import now_us
    from ingest.room import room_of

    state = State(at=_EPOCH + timedelta(microseconds=now_us()))
    state.database_away = _why_away(lambda: _look_at_database(state, settings))
    state.log_away = _why_away(lambda: _look_at_log(state, settings))
    for store, url in (("log", settings.log_url), ("read model", settings.database_url)):
        if (room := room_of(url)) is not None:
            state.disks.append(DiskState(store=store, free_bytes=room.free_bytes, size_bytes=room.size_bytes))
    state.wider = found_wider(Path(settings.data))
    return state


def _why_away(work: Callable[[], None]) -> str:
    """Do it, and say in one line why it could not be done. What nobody foresaw is raised."""
    from patchlog.cli.group import foreseen_failure

    try:
        work()
    except Exception as error:
        why = foreseen_failure(error)
        if why is None:
            raise
        return why
    return ""


def _look_at_database(state: State, settings: Settings) -> None:
    from projector.readmodel.generations import Reader, ReadModels
    from projector.readmodel.queries.health import count_incomplete, list_mail
    from projector.readmodel.queries.status import read_status

    models, reader = ReadModels(settings.database_url), Reader(settings.database_url)
    try:
        live = models.live()
        if live is not None:
            state.generations = [live, *(number for number in models.numbers() if number != live)]
        with reader.connect() as connection:
            _keep(state, read_status(connection))
            before_us = _microseconds(state.at - timedelta(seconds=INCOMPLETE_SECONDS))
            state.series_incomplete = count_incomplete(connection, before_us)
            state.lists = [
                ListState(
                    linkname=one.linkname,
                    last_mail=None if one.last_us is None else _EPOCH + timedelta(microseconds=one.last_us),
                    is_live=one.live_us is not None,
                    usual_seconds=None if one.usual_us is None else one.usual_us / 1_000_000,
                )
                for one in list_mail(connection, DAYS_MIN)
            ]
    finally:
        reader.close()


def _keep(state: State, status: "Status") -> None:
    for field in msgspec.structs.fields(status):
        setattr(state, field.name, getattr(status, field.name))


def _look_at_log(state: State, settings: Settings) -> None:
    from patchlog.stores import opened_log
    from projector.lag import lag_of

    with opened_log(settings) as log:
        state.log_end = log.end()
        last = log.get([state.log_end])
        state.log_time = last[0].recorded_at if last else None
        state.mails_per_second = mails_per_second(log, state.log_end, state.at)
        if state.position is not None:
            _, state.lag, state.lag_seconds = lag_of(log, state.position)
            state.publishing = _publishing(log, state, settings)
            state.to_redact = _to_redact(log, settings) if state.redactions else 0


def mails_per_second(log: "Log", end: int, now: datetime) -> float:
    """Mails a second over the last five minutes, by the log's times; where much came, over its last 1,000 records."""
    records = []
    after_id = begin = max(0, end - RATE_RECORDS)
    for _ in range(RATE_READS):
        if after_id >= end or not (part := log.read(after_id, RATE_RECORDS)):
            break
        records += part
        after_id = part[-1].id
    recent = [record for record in records if now - record.recorded_at <= timedelta(seconds=RATE_SECONDS)]
    mails = sum(isinstance(record.fact, MailReceived) for record in recent)
    if not mails:
        return 0.0
    if after_id >= end and (begin == 0 or len(recent) < len(records)):
        return mails / RATE_SECONDS
    until = now if after_id >= end else recent[-1].recorded_at
    return mails / max((until - recent[0].recorded_at).total_seconds(), 1.0)


def _to_redact(log: "Log", settings: Settings) -> int:
    from patchlog.redacting import still_there
    from projector.readmodel.generations import Reader

    reader = Reader(settings.database_url)
    try:
        return still_there(log, reader)
    finally:
        reader.close()


def _publishing(log: "Log", state: State, settings: Settings) -> Publishing | None:
    """How far publishing is behind; None where nothing is published."""
    last = log.published()
    if last is None:
        return None
    from projector.publishing import newest_place
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.health import events_waiting

    reader = Reader(settings.database_url)
    try:
        with reader.connect() as connection:
            n, first_us = events_waiting(connection, *newest_place(last))
    finally:
        reader.close()
    waited = 0.0 if first_us is None else max(0.0, (_microseconds(state.at) - first_us) / 1_000_000)
    return Publishing(events=n, seconds=waited)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)

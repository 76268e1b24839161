"""An archive to the log, and the log to a read model: what a mail costs, and how much room it takes.

The commands are measured as a whole; what their start takes is told beside, by a replay of a log without mail.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.figures import Figure, over_rounds
from bench.filled import REAL_ARCHIVE, Filled, filled_by_our_own, filled_by_real_mail
from bench.postgres import empty_database
from bench.processes import Cost, patchlog, run

ROUNDS, QUICK_ROUNDS = 5, 2
KILO = 1024


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a kind of mail: milliseconds of CPU a mail, and bytes by those of the mail.

    both_ms: of import and replay together.
    """

    both_ms: float | None = None
    replay_ms: float | None = None
    log: float | None = None
    read_model: float | None = None


def measure(quick: bool) -> Iterator[Figure]:
    """Our own mail, and a real list's where it is there and there is time; the read model in SQLite and PostgreSQL.

    A quick look has too little mail to be held to a goal.
    """
    rounds = QUICK_ROUNDS if quick else ROUNDS
    is_real = REAL_ARCHIVE.exists() and not quick
    wanted = Wanted(0.30, 0.20, 0.35, 1.2)
    yield from _figures("own mail", filled_by_our_own(quick), rounds, Wanted() if is_real or quick else wanted)
    if is_real:
        yield from _figures("real list", filled_by_real_mail(), rounds, wanted)
    if database := empty_database():
        filled = filled_by_real_mail(database) if is_real else filled_by_our_own(quick, database)
        yield from _replays("postgresql, replay, our processes alone", filled, rounds, None if quick else 0.25)


def _figures(name: str, filled: Filled, rounds: int, wanted: Wanted) -> Iterator[Figure]:
    mails, raw = filled.mails, filled.raw_bytes
    yield Figure(f"{name}: mails", mails, "")
    yield Figure(f"{name}: a mail, in the mean", raw / mails / KILO, "KB")
    yield from _costs(f"{name}, import", [filled.imported], mails)
    imported = _without_start(f"{name}, import", [filled.imported], filled, None)
    yield imported
    replayed = list(_replays(f"{name}, replay", filled, rounds, wanted.replay_ms))
    yield from replayed
    both = imported.value + replayed[-1].value
    yield Figure(f"{name}, import and replay: CPU without their starts", both, "ms/mail", at_most=wanted.both_ms)
    size = "of the mail's bytes"
    yield Figure(f"{name}: log", filled.log_bytes() / raw, size, at_most=wanted.log)
    yield Figure(f"{name}: read model", filled.read_model_bytes() / raw, size, at_most=wanted.read_model)


def _replays(name: str, filled: Filled, rounds: int, at_most: float | None) -> Iterator[Figure]:
    replays = [run(patchlog("replay", "--drop-old", "--data", filled.settings.data)) for _ in range(rounds)]
    yield from _costs(name, replays, filled.mails)
    yield _without_start(name, replays, filled, at_most)


def _without_start(name: str, costs: list[Cost], filled: Filled, at_most: float | None) -> Figure:
    own = [1000 * (one.cpu_seconds - filled.empty_replay.cpu_seconds) / filled.mails for one in costs]
    return over_rounds(f"{name}: CPU without the start of the command", own, "ms/mail", at_most=at_most)


def _costs(name: str, costs: list[Cost], mails: int) -> list[Figure]:
    return [
        over_rounds(f"{name}: rate", [mails / one.wall_seconds for one in costs], "mails/s"),
        over_rounds(f"{name}: CPU", [1000 * one.cpu_seconds / mails for one in costs], "ms/mail"),
        over_rounds(f"{name}: memory at most", [one.memory_mib for one in costs], "MiB"),
    ]

"""An archive to the log, and the log to a read model: what a mail costs, and how much room it takes.

The commands are measured as a whole; what their start takes is told beside, by a replay of a log without mail.
"""

from bench.figures import Figure, over_rounds
from bench.filled import REAL_ARCHIVE, Filled, filled_by_our_own, filled_by_real_mail
from bench.processes import Cost, patchlog, run

ROUNDS, QUICK_ROUNDS = 5, 2
KILO = 1024


def measure(quick: bool) -> list[Figure]:
    """Our own mail, and a real list's where it is there and there is time."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    figures = _figures("own mail", filled_by_our_own(quick), rounds)
    if REAL_ARCHIVE.exists() and not quick:
        figures += _figures("real list", filled_by_real_mail(), rounds)
    return figures


def _figures(name: str, filled: Filled, rounds: int) -> list[Figure]:
    replays = [run(patchlog("replay", "--drop-old", "--data", filled.settings.data)) for _ in range(rounds)]
    mails, raw = filled.mails, filled.raw_bytes
    return [
        Figure(f"{name}: mails", mails, ""),
        Figure(f"{name}: a mail, in the mean", raw / mails / KILO, "KB"),
        *_costs(f"{name}, import", [filled.imported], mails),
        *_costs(f"{name}, replay", replays, mails),
        over_rounds(
            f"{name}, replay: CPU without the start of the command",
            [1000 * (one.cpu_seconds - filled.empty_replay.cpu_seconds) / mails for one in replays],
            "ms/mail",
        ),
        Figure(f"{name}: log", filled.log_bytes() / raw, "of the mail's bytes"),
        Figure(f"{name}: read model", filled.read_model_bytes() / raw, "of the mail's bytes"),
    ]


def _costs(name: str, costs: list[Cost], mails: int) -> list[Figure]:
    return [
        over_rounds(f"{name}: rate", [mails / one.wall_seconds for one in costs], "mails/s"),
        over_rounds(f"{name}: CPU", [1000 * one.cpu_seconds / mails for one in costs], "ms/mail"),
        over_rounds(f"{name}: memory at most", [one.memory_mib for one in costs], "MiB"),
    ]

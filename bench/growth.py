"""A list that grows to 200,000 mails: what a mail and an answer cost in its last tenth, beside its first."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.growing import Grown, grown

RATE_OF_THE_LAST = 0.8
MEMORY_MIB = 600.0


def measure(quick: bool) -> Iterator[Figure]:
    """Every tenth, and the last beside the first. Lists and feeds are asked with few events or many, as it grows."""
    made = grown(quick)
    for stage in made.stages:
        yield Figure(f"{stage.mails:,} mails: import of the last tenth", stage.import_ms, "ms CPU/mail")
        yield Figure(f"{stage.mails:,} mails: fold of the last tenth", stage.fold_ms, "ms CPU/mail")
        yield Figure(f"{stage.mails:,} mails: memory of the fold at most", stage.fold_mib, "MiB")
        yield Figure(f"{stage.mails:,} mails: 20 series of a project", stage.list_ms, "ms CPU/answer")
        yield Figure(f"{stage.mails:,} mails: the last 19 events", stage.feed_ms, "ms CPU/answer")
    yield from _last_to_first(made)
    yield Figure("growth: memory of a replay of all at most", made.replayed.memory_mib, "MiB", at_most=MEMORY_MIB)


def _last_to_first(made: Grown) -> Iterator[Figure]:
    first, last = made.stages[0], made.stages[-1]
    for what, rate in (
        ("import", first.import_ms / last.import_ms),
        ("fold", first.fold_ms / last.fold_ms),
        ("20 series of a project", first.list_ms / last.list_ms),
        ("the last 19 events", first.feed_ms / last.feed_ms),
    ):
        yield Figure(f"growth: {what}: rate in the last tenth to the first", rate, "times", at_least=RATE_OF_THE_LAST)

"""What of the state is wrong, each in one sentence, with the line of the table that it marks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from patchlog.spans import span
from patchlog.state import ListState, State

LAG_SECONDS_MAX = 60.0
"""A projector at work is behind by less, however much comes; a replay is not behind, as it fills another generation."""
FREE_BYTES_MIN = 1 << 30
QUIET_TIMES = 3
QUIET_SECONDS_MIN = 2 * 86_400.0
"""A list is silent when it has had no mail for three times its longest gap of late, and for two days at least."""


class Fault(NamedTuple):
    """line: what it is about, as the table calls it."""

    line: str
    sentence: str


def faults(state: State, *, heed_mail: bool = True) -> list[Fault]:
    """Everything that is wrong with the parts, and heed_mail: with the mail, too: silent lists, letters that alarm."""
    return [
        *_parts(state),
        *((*_lists(state), *_letters(state.alarms), *_copies(state.copy_alarms)) if heed_mail else ()),
    ]


def is_silent(one: ListState, state: State) -> bool:
    """Whether a list has had no mail for much longer than it used to. A new or an imported one never is."""
    if one.last_mail is None or not one.is_live or one.usual_seconds is None:
        return False
    quiet = max(QUIET_TIMES * one.usual_seconds, QUIET_SECONDS_MIN)
    return state.at - one.last_mail > timedelta(seconds=quiet)


def _parts(state: State) -> Iterator[Fault]:
    if state.log_away:
        yield Fault("log", state.log_away)
    if state.database_away:
        yield Fault("read model", state.database_away)
    if state.lag_seconds is not None and state.lag_seconds > LAG_SECONDS_MAX:
        yield Fault(
            "projector",
            f"the projector is {state.lag:,} records behind, the first of them for {span(state.lag_seconds)}:"
            " does it run? Its journal says what stops it",
        )
    waiting = state.publishing
    if waiting is not None and waiting.events and waiting.seconds > LAG_SECONDS_MAX:
        yield Fault("publishing", f"{waiting.events:,} events are not published, the first for {span(waiting.seconds)}")
    for disk in state.disks:
        if disk.free_bytes < FREE_BYTES_MIN:
            yield Fault(f"disk of the {disk.store}", f"the disk of the {disk.store} is nearly full")


def _lists(state: State) -> Iterator[Fault]:
    for one in state.lists:
        if is_silent(one, state):
            assert one.last_mail is not None and one.usual_seconds is not None
            yield Fault(
                f"list {one.linkname}",
                f"list {one.linkname}: no mail for {span((state.at - one.last_mail).total_seconds())},"
                f" and it used to come within {span(one.usual_seconds)}: is it still subscribed?",
            )


def _copies(alarms: dict[str, int]) -> Iterator[Fault]:
    for linkname, n in alarms.items():
        what = "mail says" if n == 1 else "mails say"
        yield Fault(
            f"copies of {linkname}",
            f"project {linkname}: {n} {what} something else than an earlier one with the same Message-ID, which stays:"
            " see `patchlog copy list`; `patchlog copy acknowledge` turns it off",
        )


def _letters(alarms: dict[str, int]) -> Iterator[Fault]:
    if not alarms:
        return
    n = sum(alarms.values())
    reasons = ", ".join(f"{reason}: {count}" for reason, count in alarms.items())
    yield Fault(
        "dead letters",
        f"{n} dead {'letter alarms' if n == 1 else 'letters alarm'} ({reasons}): see `patchlog dead-letters list"
        " --alarming` and `show ID`; `acknowledge ID` turns it off",
    )

"""The state as a table for people: a line each, what is wrong marked with an exclamation mark, red on a terminal."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from patchlog.faults import Fault
from patchlog.spans import size, span
from patchlog.state import ListState, State
from patchlog.terminal import plain

LISTS_MAX = 20
"""Lists of which nothing is wrong, that are shown at most."""
COUNTED_MAX = 10_000
UNKNOWN = "unknown"


class Line(NamedTuple):
    name: str
    text: str


def print_state(state: State, faults: Iterable[Fault]) -> None:
    """Print it to the standard output; 80 columns where that is no terminal."""
    wrong = {fault.line for fault in faults}
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=1)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column(overflow="fold")
    for name, text in lines(state, wrong):
        is_wrong = name in wrong
        style = "bold red" if is_wrong else ""
        table.add_row("!" if is_wrong else "", Text(plain(name), style=style), Text(plain(text), style=style))
    Console(highlight=False, soft_wrap=False).print(table)


def lines(state: State, wrong: set[str]) -> Iterator[Line]:
    """Every line, in the order of a mail's way."""
    yield Line("log", state.log_away or _log(state))
    if state.mails_per_second is not None:
        yield Line("mail", f"{state.mails_per_second:.2f} mails/s of late")
    if state.database_away:
        yield Line("read model", state.database_away)
    if state.position is not None:
        yield Line("projector", _projector(state))
        yield from _mails(state)
        yield from _lists(state, wrong)
    if state.publishing is not None:
        yield Line("publishing", f"{_counted(state.publishing.events)} events behind")
    for disk in state.disks:
        yield Line(f"disk of the {disk.store}", f"{size(disk.free_bytes)} of {size(disk.size_bytes)} left")
    if state.generations:
        yield Line("generations", _generations(state))


def _log(state: State) -> str:
    last = f"; last {_ago(state.log_time, state)}" if state.log_time is not None else ""
    return f"{state.log_end:,} records{last}"


def _projector(state: State) -> str:
    if state.lag is None:
        return f"at record {state.position:,}"
    since = f", the first of them for {span(state.lag_seconds)}" if state.lag and state.lag_seconds else ""
    return f"at record {state.position:,}; {state.lag:,} behind{since}"


def _mails(state: State) -> Iterator[Line]:
    total = sum(state.mails.values()) + state.duplicates + state.copies + sum(state.dead_letters.values())
    yield Line("mails read", f"{total:,}")
    for kind, n in state.mails.items():
        yield Line(f"  {kind}", f"{n:,}")
    yield Line("  duplicates", f"{state.duplicates:,}")
    if state.copies:
        yield Line("  conflicting copies", f"{state.copies:,}")
    if state.doubtful:
        yield Line("  patches with warnings", f"{state.doubtful:,}")
    for linkname, n in state.copy_alarms.items():
        yield Line(f"copies of {linkname}", f"{n:,} to look at")
    reasons = [_reason(reason, n, state.alarms.get(reason, 0)) for reason, n in state.dead_letters.items()]
    yield Line("dead letters", ", ".join(reasons) or "none")
    if state.redactions:
        left = UNKNOWN if state.to_redact is None else f"{state.to_redact:,}"
        yield Line("redactions", f"{state.redactions:,}; records of the log that still have the words: {left}")
    if state.series_incomplete is not None:
        yield Line("series", f"{_counted(state.series_incomplete)} incomplete for more than a day")


def _reason(reason: str, n: int, alarming: int) -> str:
    return f"{reason}: {n:,}" + (f" (ALARM: {alarming:,})" if alarming else "")


def _lists(state: State, wrong: set[str]) -> Iterator[Line]:
    """Those of which something is wrong first; then the others, the newest mail first, and how many there are more."""
    named = [(f"list {one.linkname}", one) for one in state.lists]
    yield from (Line(name, _list(one, state)) for name, one in named if name in wrong)
    well = [(name, one) for name, one in named if name not in wrong]
    well.sort(key=lambda pair: (pair[1].last_mail is None, -_stamp(pair[1]), pair[0]))
    yield from (Line(name, _list(one, state)) for name, one in well[:LISTS_MAX])
    if len(well) > LISTS_MAX:
        yield Line("lists", f"{len(well) - LISTS_MAX} more; --json has all")


def _list(one: ListState, state: State) -> str:
    if one.last_mail is None:
        return "no mail yet"
    return f"last mail {_ago(one.last_mail, state)}" + ("" if one.is_live else ", imported")


def _stamp(one: ListState) -> float:
    return one.last_mail.timestamp() if one.last_mail is not None else 0.0


def _ago(moment: datetime, state: State) -> str:
    return f"{span(max(0.0, (state.at - moment).total_seconds()))} ago ({moment:%Y-%m-%d %H:%M})"


def _counted(n: int) -> str:
    return f"{n:,}" + (" or more" if n >= COUNTED_MAX else "")


def _generations(state: State) -> str:
    live, *others = state.generations
    return f"{live} is live" + (f"; also there: {', '.join(map(str, others))}" if others else "")

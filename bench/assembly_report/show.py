"""Prints reports: tables, then each thing that stands out, with a picture of the thread for the worst."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from bench.assembly_report.report import RULES, Report
from bench.assembly_report.shuffle import Shuffles
from bench.assembly_report.wrong import BEGUN_LATER

WHOLE_GOAL, LINKED_GOAL, DISJOINT_GOAL, DISJOINT_BY_NAME_GOAL = 0.999, 0.995, 0.005, 0.002
BY_NAME = 4


def show(reports: Sequence[Report], total: Report, console: Console) -> None:
    """Print everything."""
    columns = [*reports, total] if len(reports) > 1 else list(reports)
    console.print(_counts(columns))
    console.print(_links(columns))
    console.print(_signals(columns))
    console.print(_goals(total))
    for report in reports:
        _show_exceptions(report, console)


def _counts(reports: Sequence[Report]) -> Table:
    names = list(reports[0].counts)
    return _table("what came out", reports, ((name, [report.counts[name] for report in reports]) for name in names))


def _links(reports: Sequence[Report]) -> Table:
    rows = [(f"rule {rule}", [_with_disjoint(report, rule) for report in reports]) for rule in RULES]
    return _table("links by rule (of these: nothing in common)", reports, rows)


def _with_disjoint(report: Report, rule: int) -> str:
    return f"{report.links[rule]} ({report.disjoint[rule]})"


def _signals(reports: Sequence[Report]) -> Table:
    names = sorted({name for report in reports for name in report.signals})
    return _table("what looks wrong", reports, ((n, [report.signals.get(n, 0) for report in reports]) for n in names))


def _table(title: str, reports: Sequence[Report], rows: Iterable[tuple[str, Sequence[object]]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for report in reports:
        table.add_column(report.name, justify="right", overflow="fold")
    for name, values in rows:
        table.add_row(name, *map(str, values))
    return table


def _goals(total: Report) -> Table:
    table = Table(title="goals", title_justify="left")
    for name in ("", "share", "goal", "reached"):
        table.add_column(name, justify="left" if not name else "right")
    counts, links = total.counts, sum(total.links.values())
    rows = (
        ("certain series that came out whole", counts["came out whole"], counts["certain series"], WHOLE_GOAL, True),
        ("certain rerolls that are linked", counts["are linked"], counts["certain rerolls"], LINKED_GOAL, True),
        ("links with nothing in common", sum(total.disjoint.values()), links, DISJOINT_GOAL, False),
        ("of rule 4's", total.disjoint[BY_NAME], total.links[BY_NAME], DISJOINT_BY_NAME_GOAL, False),
    )
    for name, n, all_of_them, goal, is_least in rows:
        share = n / all_of_them if all_of_them else float(is_least)
        reached = share >= goal if is_least else share <= goal
        said = f"{'at least' if is_least else 'at most'} {100 * goal:g}%"
        table.add_row(name, f"{100 * share:.2f}% ({n} of {all_of_them})", said, "yes" if reached else "NO")
    return table


def _show_exceptions(report: Report, console: Console) -> None:
    console.rule(report.name)
    if report.shuffles is not None:
        _show_shuffles(report.shuffles, console)
    for wait in report.waits:
        said = f"partial_wait_seconds {wait.seconds}: {wait.announced} partial rerolls announced"
        console.print(f"{said}, of which {wait.continues} continue another", markup=False)
    for name in report.weekly:
        said = f"{name.name!r} by {name.author} came {name.times} times: {name.series} series"
        console.print(f"{said}, at most {name.most_in_one} in one", markup=False, highlight=False)
    for shown in report.shown:
        finding = shown.finding
        if finding.signal == BEGUN_LATER:
            continue  # an archive has a beginning: they are counted, and `--json` has them
        console.print(f"{finding.signal}: mail {finding.mail}: {finding.why}", markup=False, highlight=False)
        for line in shown.picture:
            console.print(f"    {line}", markup=False, highlight=False, soft_wrap=True)


def _show_shuffles(shuffles: Shuffles, console: Console) -> None:
    table = Table(title="other orders", title_justify="left")
    for name in ("arrival", "order", "seed", "faults", "what the order may change"):
        table.add_column(name, overflow="fold")
    for run in shuffles.runs:
        allowed = ", ".join(f"{name}: {n}" for name, n in run.allowed.items())
        table.add_row(run.arrival, run.order, str(run.seed), str(len(run.faults)), allowed)
    console.print(table)
    console.print(f"differences of the fold and the pure core: {len(shuffles.core_differs)}", markup=False)
    cases = [
        f"may be: {run.arrival} {run.order}, seed {run.seed}: {case}" for run in shuffles.runs for case in run.cases
    ]
    for line in (*shuffles.core_differs, *shuffles.faults, *cases):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)

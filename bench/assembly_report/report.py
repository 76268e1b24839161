"""The report on one list, as values: `judge_list` makes it, and says of each mail that stands out why it does."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.assembly_report import core
from bench.assembly_report.core import Result
from bench.assembly_report.judge import Certain, Weekly, certain_rerolls, certain_series, weekly
from bench.assembly_report.lost import look_lost
from bench.assembly_report.picture import Pictures
from bench.assembly_report.shuffle import Shuffles, shuffle_list
from bench.assembly_report.sight import Sight, look
from bench.assembly_report.targets import other_targets
from bench.assembly_report.waits import Waits, partial_waits
from bench.assembly_report.wrong import Finding, disjoint_links, look_wrong
from projector.assembly.mail import COMMENT, COVER, PATCH
from schemas.records import MailReceived, ProjectAdded

NOT_WHOLE = "a certain series that is not one complete revision"
NOT_LINKED = "a certain reroll that is not linked"
RULES = (1, 2, 3, 4, 5)
Key = TypeVar("Key", str, int)


@dataclass(frozen=True)
class Shown:
    """A finding with the picture of its thread."""

    finding: Finding
    picture: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Counts of one list, or of several added up. links and disjoint by rule; signals by what is wrong."""

    name: str
    counts: dict[str, int]
    links: dict[int, int]
    disjoint: dict[int, int]
    signals: dict[str, int]
    shown: tuple[Shown, ...] = ()
    weekly: tuple[Weekly, ...] = ()
    shuffles: Shuffles | None = None
    waits: tuple[Waits, ...] = ()


def judge_list(
    project: ProjectAdded,
    facts: Sequence[MailReceived],
    worst: int,
    days: int = 0,
    whole: int = 0,
    waits: Sequence[int] = (),
) -> Report:
    """Run a list through the pure core and look at what came out; `worst` pictures of each signal. With `days` or
    `whole`, the projector folds it too, so many times shuffled within each day and wholly; and once more for each of
    `waits`, which are values of `partial_wait_seconds`.
    """
    mails = core.see(facts, project)
    result = core.run(mails)
    sights = look(facts)
    series, rerolls = certain_series(sights, result), certain_rerolls(sights, result)
    disjoint = disjoint_links(sights, result)
    findings = [
        *_broken(series, NOT_WHOLE),
        *_broken(rerolls, NOT_LINKED),
        *disjoint,
        *look_wrong(sights, result),
        *look_lost(sights, result),
        *other_targets(sights, result),
    ]
    return Report(
        name=project.listemail.partition("@")[0],
        counts={
            "mails": len(facts),
            "set aside": len(facts) - len(mails),
            **_counts(result),
            **_certain(series, rerolls),
        },
        links=_by_rule(link.rule for link in result.links.values()),
        disjoint=_by_rule(finding.rule for finding in disjoint if finding.rule is not None),
        signals=dict(Counter(finding.signal for finding in findings)),
        shown=_show(findings, Pictures(sights, result), worst),
        weekly=tuple(weekly(sights, result)),
        shuffles=shuffle_list(project, facts, result, days, whole) if days or whole else None,
        waits=partial_waits(project, facts, waits),
    )


def add_up(reports: Sequence[Report]) -> Report:
    """All lists as one."""
    return Report(
        name="all",
        counts=_sum(report.counts for report in reports),
        links=_sum(report.links for report in reports),
        disjoint=_sum(report.disjoint for report in reports),
        signals=_sum(report.signals for report in reports),
    )


def _counts(result: Result) -> dict[str, int]:
    kinds = Counter(result.kinds.values())
    placed = sum(target is not None for target in result.targets.values())
    revisions = [revision for series in result.series for revision in series]
    complete = sum(revision.is_complete for revision in revisions)
    return {
        "duplicates": result.duplicates,
        "patches": kinds[PATCH],
        "covers": kinds[COVER],
        "comments": kinds[COMMENT],
        "comments placed": placed,
        "comments not placed": kinds[COMMENT] - placed,
        "other mails": sum(kinds.values()) - kinds[PATCH] - kinds[COVER] - kinds[COMMENT],
        "series": len(result.series),
        "revisions": len(revisions),
        "complete": complete,
        "incomplete": len(revisions) - complete,
        "links": len(result.links),
    }


def _certain(series: Sequence[Certain], rerolls: Sequence[Certain]) -> dict[str, int]:
    return {
        "certain series": len(series),
        "came out whole": sum(each.holds for each in series),
        "certain rerolls": len(rerolls),
        "are linked": sum(each.holds for each in rerolls),
    }


def _broken(found: Sequence[Certain], signal: str) -> list[Finding]:
    return [Finding(signal, each.mails[-1].id, _mails(each.mails)) for each in found if not each.holds]


def _mails(mails: Sequence[Sight]) -> str:
    return "mails " + ", ".join(str(mail.id) for mail in mails)


def _by_rule(rules: Iterable[int]) -> dict[int, int]:
    found = Counter(rules)
    return {rule: found[rule] for rule in RULES}


def _show(findings: Sequence[Finding], pictures: Pictures, worst: int) -> tuple[Shown, ...]:
    left: Counter[str] = Counter({finding.signal: worst for finding in findings})
    shown = []
    for finding in findings:
        left[finding.signal] -= 1
        drawn = tuple(pictures.draw(finding.mail)) if left[finding.signal] >= 0 else ()
        shown.append(Shown(finding, drawn))
    return tuple(shown)


def _sum(counts: Iterable[dict[Key, int]]) -> dict[Key, int]:
    total: dict[Key, int] = {}
    for count in counts:
        for key, n in count.items():
            total[key] = total.get(key, 0) + n
    return total

"""Draws a thread: each mail below the one that it answers, and where the assembly put it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bench.assembly_report.core import Result
from bench.assembly_report.sight import Sight
from projector.assembly.mail import COMMENT

LINES_MAX = 60
SUBJECT_MAX = 72


class Pictures:
    """Pictures of a list's threads."""

    def __init__(self, sights: Sequence[Sight], result: Result) -> None:
        self._result = result
        self._by_id = {sight.id: sight for sight in sights}
        self._known = {sight.message_id: sight for sight in sights}
        self._answers: dict[str, list[Sight]] = defaultdict(list)
        for sight in sorted(sights, key=lambda sight: (sight.date, sight.message_id)):
            if sight.answers is not None and sight.answers != sight.message_id:
                self._answers[sight.answers].append(sight)
        self._places = _places(result)

    def draw(self, mail: int) -> list[str]:
        """The lines of the thread of a mail, at most 60; the mail itself has an arrow."""
        sight = self._by_id.get(mail)
        if sight is None:
            return [f"(mail {mail} has no Message-ID of its own)"]
        lines = list(self._lines(self._root(sight), 0, mail, set()))
        if len(lines) > LINES_MAX:
            marked = next((number for number, line in enumerate(lines) if line.startswith(">")), 0)
            first = max(0, min(marked - LINES_MAX // 2, len(lines) - LINES_MAX))
            return [f"... {len(lines)} mails in all", *lines[first : first + LINES_MAX]]
        return lines

    def where(self, id: int) -> str:
        """Where a mail went, in a few words."""
        kind = self._result.kinds.get(id)
        if id in self._places:
            return ", ".join(self._places[id])
        if kind == COMMENT:
            target = self._result.targets.get(id)
            return f"comment on {target}" if target is not None else "comment, placed nowhere"
        return kind or "duplicate or set aside"

    def _root(self, sight: Sight) -> str:
        seen = {sight.message_id}
        name = sight.message_id
        while (here := self._known.get(name)) is not None and here.answers is not None and here.answers not in seen:
            name = here.answers
            seen.add(name)
        return name

    def _lines(self, name: str, depth: int, marked: int, seen: set[str]) -> Iterator[str]:
        if name in seen:
            return
        seen.add(name)
        sight = self._known.get(name)
        indent = "  " * min(depth, 20)
        if sight is None:
            yield f"  {indent}(<{name}> never came)"
        else:
            arrow = ">" if sight.id == marked else " "
            date = datetime.fromtimestamp(sight.date, UTC).strftime("%Y-%m-%d %H:%M")
            subject = sight.subject[:SUBJECT_MAX]
            yield f"{arrow} {indent}{sight.id} {subject} | {sight.author} | {date} | {self.where(sight.id)}"
        for answer in self._answers[name]:
            yield from self._lines(answer.message_id, depth + 1, marked, seen)


def _places(result: Result) -> Mapping[int, list[str]]:
    """Mail -> the revisions that it is in."""
    places: dict[int, list[str]] = defaultdict(list)
    for number, revisions in enumerate(result.series, 1):
        for revision in revisions:
            link = result.links.get(revision.posting.id)
            rule = f" (rule {link.rule} to {link.to})" if link is not None else ""
            what = f"S{number} r{revision.version}{'' if revision.is_complete else ' incomplete'}"
            if revision.cover is not None:
                places[revision.cover].append(f"{what} cover{rule}")
            for place, id in enumerate(revision.patches, 1):
                extra = " extra" if id in revision.extras else ""
                places[id].append(f"{what} {place}/{len(revision.patches)}{extra}")
    return places

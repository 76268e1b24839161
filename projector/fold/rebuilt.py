"""Which announcements come of changed rules alone: the version before had folded what they are about, and told nobody.

What the version before had folded is known from its generation, where that is still there: then whatever it had not to
tell itself any more is rebuilt. Without it the log says it: the projector appends announcements when it has caught up,
all that are pending, in the order in which they became so. So whoever announced a revision had folded its mails, and
had told before what was pending since an earlier record. Under the rules that announced it nothing else can be pending
since then; what is so by now is pending because the rules changed.
"""

from collections.abc import Collection, Sequence

from projector.assembly.posting import Posting
from projector.assembly.series import may_grow
from projector.fold.projects import Projects
from projector.readmodel import tables as t
from projector.readmodel.preceding import Preceding
from projector.readmodel.rows import PostingState, Row
from projector.readmodel.working import WorkingSet

TOLD, TOLD_SECONDS = "told", "told_seconds"
"""What meta calls the last record that the log shows to have been folded, and when that mail was received."""


class Rebuilt:
    """Tells what is pending because rules changed."""

    def __init__(self, working: WorkingSet, projects: Projects) -> None:
        self._working, self._projects = working, projects
        self._told: dict[str, int] = {}
        self.preceding: Sequence[Preceding] | None = None
        """The generations of other versions; None while nobody has looked for them."""

    def load(self) -> None:
        """Go on from what is stored."""
        rows = self._working.load_all(t.meta)
        self._told = {row["name"]: row["value"] for row in rows if row["name"] in (TOLD, TOLD_SECONDS)}

    def told(self, records: Collection[int], since: int | None = None, state: PostingState | None = None) -> None:
        """Something was announced: its records had been folded by whoever did.

        since: the record that made it pending, where it is. Only a part of one append may be on the log: what grew
        while it was pending says nothing of what became pending behind it.
        """
        last = max(records)
        self._note(TOLD, min(last, since) if since is not None else last)
        if state is not None:
            self._note(TOLD_SECONDS, state.posting.received)

    def _note(self, name: str, value: int) -> None:
        if value > self._told.get(name, 0):
            self._told[name] = value
            self._working.add(t.meta, {"name": name, "value": value})

    def is_revision(self, row: Row, state: PostingState) -> bool:
        """Whether a pending revision is so by changed rules alone. row: what `Pending` has of it."""
        posting = state.posting
        records = {posting.id, *posting.mails, *((state.chosen,) if state.chosen is not None else ())}
        return self._is_known(row["since"], records) or (
            self._is_behind(row["since"], records) and self._is_waited_for(posting, state.project)
        )

    def is_pull_request(self, row: Row) -> bool:
        """Whether a pending pull request is so by changed rules alone."""
        records = {row["cause"]}
        return self._is_known(row["since"], records) or self._is_behind(row["since"], records)

    def _is_known(self, since: int, records: Collection[int]) -> bool:
        """Whether another version had folded all of it, and had nothing of it to tell any more."""
        last = max(since, *records)
        return any(last <= one.position and one.untold.isdisjoint(records) for one in self.preceding or ())

    def _is_behind(self, since: int, records: Collection[int]) -> bool:
        """Whether something was announced later that was complete later, as the log alone shows."""
        is_known = any(since <= one.position for one in self.preceding or ())
        return not is_known and max(since, *records) < self._told.get(TOLD, 0)

    def _is_waited_for(self, posting: Posting, project: int) -> bool:
        """Whether the longest wait for more of a posting that any version had was surely over."""
        settings = self._projects.by_id[project].settings
        seconds = max(settings.wait_seconds, settings.partial_wait_seconds) if may_grow(posting) else 0
        return posting.received + seconds <= self._told.get(TOLD_SECONDS, 0)

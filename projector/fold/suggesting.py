"""What a posting that links to nothing may follow all the same, under another title: a suggestion to people."""

from collections.abc import Iterable

from projector.assembly.posting import Posting
from projector.assembly.redaction import REDACTED
from projector.assembly.retitled import followed_keys, following_keys, is_like, is_next, shares_files
from projector.assembly.shelf import WINDOW
from projector.fold.candidates import looked_at, shelf_of, states_of
from projector.readmodel.rows import PostingState
from projector.readmodel.working import WorkingSet

Touched = dict[int, frozenset[bytes]]
"""The files that postings touch, by their ids."""


class Suggesting:
    """Keeps with each posting that begins a series the one that it may follow."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working

    def look(self, states: Iterable[PostingState]) -> set[int]:
        """Find what postings may follow, and give the ids of those that may follow another one than before."""
        touched: Touched = {}
        changed = set()
        for state in states:
            is_asked = state.link is None and state.posting.reroll > (1,)
            found = self._find(state, touched) if is_asked else None
            if found != state.may_follow:
                state.may_follow = found
                self._working.postings.put(state.posting.id, state)
                changed.add(state.posting.id)
        return changed

    def following(self, project: int, stages: Iterable[Posting]) -> set[int]:
        """The postings that may follow one, as it is or was, or did; by their ids."""
        found: set[int] = set()
        for posting in stages:
            for _, filed in self._working.keys.get_all([(project, key) for key in following_keys(posting)]):
                many = len(filed.ids) > WINDOW
                ids = shelf_of(self._working, filed).behind(posting) if many else filed.ids
                states = states_of(self._working, sorted(ids))
                found.update(state.posting.id for state in states if is_next(state.posting, posting))
        return found

    def _find(self, state: PostingState, touched: Touched) -> int | None:
        """The one that shares most files, then the newest, of those that a posting may follow."""
        posting = state.posting
        title = self._title(posting)
        others = self._candidates(state) if title else []
        near = [
            other for other in others if is_next(posting, other.posting) and is_like(title, self._title(other.posting))
        ]
        files = self._files(state, touched) if near else frozenset()
        of = {other.posting.id: self._files(other, touched) for other in near}
        fitting = [other.posting for other in near if shares_files(files, of[other.posting.id])]
        best = max(fitting, key=lambda other: (len(files & of[other.id]), other.order), default=None)
        return best.id if best is not None else None

    def _candidates(self, state: PostingState) -> list[PostingState]:
        posting = state.posting
        return states_of(
            self._working, sorted(looked_at(self._working, state.project, followed_keys(posting), posting))
        )

    def _title(self, posting: Posting) -> str:
        title = self._working.titles.get(posting.submitter) or ""
        return "" if title == REDACTED else title

    def _files(self, state: PostingState, touched: Touched) -> frozenset[bytes]:
        """The files that a posting touches. touched: those that were asked for before."""
        id = state.posting.id
        if id not in touched:
            touched[id] = self._gathered(state)
        return touched[id]

    def _gathered(self, state: PostingState) -> frozenset[bytes]:
        """The files that a posting touches, by their keys."""
        thread = self._working.threads.get(state.thread)
        entries = thread.entries if thread is not None else {}
        mails = (entries[patch.id].mail for patch in state.posting.patches if patch.id in entries)
        return frozenset(state.posting.files or (file for mail in mails for file in mail.files))

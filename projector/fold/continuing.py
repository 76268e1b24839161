"""Whose links count, of postings of one marker that link to one target: decided anew where one of them changed."""

from collections.abc import Sequence

from projector.assembly.continuing import Follower, may_stand_apart, one_continuation
from projector.assembly.links import Link, after_key
from projector.assembly.posting import Posting
from projector.assembly.shelf import WINDOW
from projector.fold.candidates import shelf_of, states_of
from projector.readmodel.rows import Filed, PostingState
from projector.readmodel.working import WorkingSet

Decided = list[tuple[PostingState, Link | None]]


class Continuing:
    """The links that were found, kept beside those that count.

    Where more than WINDOW link to one target with one marker, the rest keep what was found: no work has so many, and
    who sends a thousand is not to make each of them dear.
    """

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._touched: dict[tuple[int, str], set[int]] = {}

    def find(self, state: PostingState, link: Link | None) -> None:
        """Keep the link that was found for a posting that is new or has changed."""
        if link != state.found:
            self.leave(state)
            state.found = link
            self._working.postings.put(state.posting.id, state)
            if (filed := self._filed(state)) is not None:
                filed.add(state.posting)
        self.touch(state)

    def leave(self, state: PostingState) -> None:
        """A posting is no more, or not what it was: whatever linked to the same target is looked at again."""
        if (filed := self._filed(state)) is not None:
            filed.remove(state.posting)
            self.touch(state)
        state.found = None

    def decide(self, looked: Sequence[PostingState]) -> Decided:
        """The links that count now: of some postings, and of all whose link may be another since it was asked last."""
        counting = {state.posting.id: (state, state.found) for state in looked}
        for (project, key), ids in self._touched.items():
            filed = self._working.filed(project, key)
            if len(filed.ids) > 1 or not filed.ids <= counting.keys():
                counting.update((state.posting.id, (state, link)) for state, link in self._among(filed, ids))
        self._touched.clear()
        return list(counting.values())

    def _among(self, filed: Filed, touched: set[int]) -> Decided:
        """The links that count of those that are filed together."""
        target = self._target(filed)
        if target is None:
            return []
        seen, beyond = filed.ids, set[int]()
        if len(filed.ids) > WINDOW:
            shelf = shelf_of(self._working, filed)
            seen = shelf.first(target.author)
            beyond = shelf.first(target.author, 2) - seen
            if touched <= filed.ids and touched.isdisjoint(seen | beyond):
                return []
        states = {state.posting.id: state for state in states_of(self._working, sorted(seen))}
        followers = [Follower(state.posting, state.found) for state in states.values() if state.found is not None]
        links = one_continuation(target, followers)
        rest = [(state, state.found) for state in states_of(self._working, sorted(beyond))]
        return [(states[id], link) for id, link in links.items()] + rest

    def _target(self, filed: Filed) -> Posting | None:
        """What those that are filed together link to."""
        found = next((state.found for state in states_of(self._working, sorted(filed.ids)[:1])), None)
        states = states_of(self._working, [found.to]) if found is not None else []
        return states[0].posting if states else None

    def _filed(self, state: PostingState) -> Filed | None:
        """Where a posting is filed with those that link as it does; None where its link counts whatever there is."""
        key = _key(state)
        if key is None:
            return None
        self._working.keys.need([key])
        return self._working.filed(*key)

    def touch(self, state: PostingState) -> None:
        """Look again at what links as a posting does: it has other words, or its target has."""
        key = _key(state)
        if key is not None:
            self._touched.setdefault(key, set()).add(state.posting.id)


def _key(state: PostingState) -> tuple[int, str] | None:
    if state.found is None or not may_stand_apart(state.posting, state.found):
        return None
    return state.project, after_key(state.found.to, state.posting.reroll)

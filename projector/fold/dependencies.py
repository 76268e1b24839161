"""Which series a series depends on: resolved when what it names is there, and again when that moves."""

from collections.abc import Collection, Iterable

from projector.assembly.links import awaited_key, change_key, wanted_key
from projector.assembly.posting import CHANGE_ID, MESSAGE_ID
from projector.fold.candidates import shelf_of
from projector.readmodel.rows import PostingState
from projector.readmodel.working import WorkingSet


class Dependencies:
    """Finds the series behind what postings name, and the postings whose series have to be looked at again."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working

    def resolve(self, project: int, series: int, names: Collection[str]) -> list[int]:
        """The ids of the other series that have what is named, sorted; what is not there is left out."""
        found = {self._series_of(project, name) for name in names}
        return sorted(id for id in found if id is not None and id != series)

    def waiting_for(self, state: PostingState) -> Iterable[int]:
        """The postings that depend on a posting. One that repeats another has no mails, and no thread."""
        if state.posting.repeats is not None:
            return
        thread = self._working.threads.get(state.thread)
        entries = thread.entries if thread is not None else {}
        names = [entry.mail.message_id for id in state.posting.mails if (entry := entries.get(id)) is not None]
        wanted = [*map(awaited_key, names), *map(wanted_key, state.posting.change_ids)]
        for _, filed in self._working.keys.get_all([(state.project, key) for key in wanted]):
            for id in sorted(filed.ids):
                other = self._working.postings.get(id)
                if other is not None and other.posting.depends_on:
                    yield id

    def _series_of(self, project: int, name: str) -> int | None:
        kind, _, key = name.partition(":")
        if kind == MESSAGE_ID:
            state = self._with_mail(project, key)
            return state.series if state is not None else None
        filed = self._working.keys.get((project, change_key(key))) if kind == CHANGE_ID else None
        ids = shelf_of(self._working, filed).latest_first() if filed is not None else ()
        states = (self._working.postings.get(id) for id in ids)
        return next((state.series for state in states if state is not None and _has_change(state, key)), None)

    def _with_mail(self, project: int, message_id: str) -> PostingState | None:
        thread_id = self._working.names.get((project, message_id))
        thread = self._working.threads.get(thread_id) if thread_id is not None else None
        mail = thread.names.get(message_id) if thread is not None else None
        return self._working.posting_in(thread, mail) if thread is not None and mail is not None else None


def _has_change(state: PostingState, change_id: str) -> bool:
    return state.series is not None and change_id in state.posting.change_ids

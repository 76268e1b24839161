"""The postings that a posting may link to: found by key, by what it supersedes, and by what it answers."""

from projector.assembly import links
from projector.assembly.links import Found
from projector.readmodel.rows import PostingState, Thread
from projector.readmodel.working import WorkingSet

LINKS_MAX = 100
"""So many links are followed from a posting to the first of its series."""


def candidates(working: WorkingSet, state: PostingState) -> tuple[list[Found], set[int]]:
    """All that a posting may link to, in order of id, and the mails that it supersedes."""
    posting, project = state.posting, state.project
    keys = [(project, key) for key in links.keys(posting)]
    working.keys.need(keys)
    ids = {id for key in keys if (filed := working.keys.get(key)) is not None for id in filed.ids}
    superseded: set[int] = set()
    for name in posting.supersedes:
        holder = _holder(working, project, name)
        if holder is not None:
            superseded.add(holder[1])
            ids |= holder[0].postings
    if posting.answers:
        thread = working.threads.get(state.thread)
        ids |= thread.postings if thread is not None else set()
    ids.discard(posting.id)
    if not ids:
        return [], superseded
    working.postings.need(ids)
    others = [other for id in sorted(ids) if (other := working.postings.get(id)) is not None]
    found = [
        Found(other.posting, other.series if other.posting.author == posting.author else _series(working, other))
        for other in others
    ]
    return found, superseded


def _series(working: WorkingSet, state: PostingState) -> int | None:
    """The series that a posting will be in by its links, which are worked out before postings are grouped anew.

    It is asked of other authors' postings alone, of which a name has few: rule 4 counts their series.
    """
    seen = {state.posting.id}
    while state.link is not None and state.link.to not in seen and len(seen) < LINKS_MAX:
        seen.add(state.link.to)
        target = working.postings.get(state.link.to)
        if target is None:
            break
        state = target
    return state.series


def _holder(working: WorkingSet, project: int, name: str) -> tuple[Thread, int] | None:
    """The thread of a mail, by its Message-ID, and its record id."""
    id = working.names.get((project, name))
    thread = working.threads.get(id) if id is not None else None
    mail = thread.names.get(name) if thread is not None else None
    return (thread, mail) if thread is not None and mail is not None else None

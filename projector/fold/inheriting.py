"""What was said of a posting that is part of another one now goes on being said of that one."""

import msgspec

from projector.assembly.links import BY_RERUN, Link
from projector.readmodel.rows import PostingState
from projector.readmodel.working import WorkingSet


def hand_on_sayings(working: WorkingSet, removed: PostingState, heir: PostingState, dirty: dict[int, None]) -> None:
    """Give results, reviewer and reruns of a posting to its heir; of two results of one test the later one counts."""
    if removed.review is not None and (heir.review is None or heir.review < removed.review):
        heir.review = removed.review
        working.postings.put(heir.posting.id, heir)
    _hand_on_results(working, removed.posting.id, heir.posting.id)
    shown = working.series.get(removed.series) if removed.series is not None else None
    for id in sorted(shown.postings) if shown is not None else ():
        state = working.postings.get(id)
        if state is not None and state.posting.repeats == removed.posting.id:
            state.posting = msgspec.structs.replace(state.posting, repeats=heir.posting.id)
            state.link = state.found = Link(heir.posting.id, BY_RERUN)
            working.postings.put(id, state)
            dirty[id] = None


def _hand_on_results(working: WorkingSet, removed: int, heir: int) -> None:
    old, new = ("revision", removed), ("revision", heir)
    if not working.test_states(old):
        return
    for name, row in working.all_results(old).items():
        own = working.result(new, name)
        if own is None or own["date_us"] <= row["date_us"]:
            working.put_result(
                new, name, {**row, "id": own["id"] if own is not None else row["id"], "posting_id": heir}
            )
    working.forget_results(old)

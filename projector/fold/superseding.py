"""Patches that a newer revision supersedes, and those that get their states back, as it is elsewhere by now."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from projector.assembly.mail import aliased
from projector.assembly.newer import Stand, is_newer
from projector.assembly.posting import Posting
from projector.assembly.states import SUPERSEDED, state_of
from projector.fold.accounts import Accounts
from projector.fold.moment import Moment
from projector.fold.pending import RESTORE, SUPERSEDE, Pending
from projector.fold.projects import Projects
from projector.fold.series import patches_of, place_of
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState, Row, Shown
from projector.readmodel.working import WorkingSet
from schemas.records import PatchStateChanged

_ids = msgspec.json.Decoder(list[int]).decode


class Superseding:
    """Which announcement superseded a patch, and what the patch's state was before."""

    def __init__(self, working: WorkingSet, pending: Pending, projects: Projects, accounts: Accounts) -> None:
        self._working, self._pending, self._projects, self._accounts = working, pending, projects, accounts

    # --- who may ---

    def is_own(self, state: PostingState, shown: Shown) -> bool:
        """Whether a revision's author is the submitter of its series, by whatever address."""
        settings = self._projects.by_id[state.project].settings
        first = shown.course.first.posting if shown.course is not None and shown.course.first is not None else None
        first = first or self._first(shown)
        return first is not None and aliased(first.author, settings) == aliased(state.posting.author, settings)

    def _first(self, shown: Shown) -> Posting | None:
        """A posting of a series' submitter, where only the rows of the series are known."""
        submitter = shown.row["submitter_id"]
        ids = (row["posting_id"] for row in shown.revisions.values() if row["submitter_id"] == submitter)
        return next((state.posting for id in ids if (state := self._working.postings.get(id)) is not None), None)

    def may(self, state: PostingState, shown: Shown) -> bool:
        """Whether an announced revision supersedes others: posted by the series' submitter, or by a maintainer.

        From is all that is known of who that was. One that only changed rules found supersedes nothing.
        """
        settings = self._projects.by_id[state.project].settings
        if not settings.supersedes or not state.posting.is_verified or state.is_rebuilt:
            return False
        return self.is_own(state, shown) or self._accounts.maintains(state.posting.author, settings.linkname)

    # --- what is superseded ---

    def announced(self, state: PostingState, shown: Shown, open_patches: Collection[int], moment: Moment) -> None:
        """Note the patches of older revisions, and not of this one, that a complete one supersedes.

        open_patches: those of its series that wait for a decision. What was to get its state back stays as it is.
        """
        own = shown.course.made.get(state.pinned[-1][1]) if shown.course is not None else None
        if shown.course is None or own is None:
            return
        others, place = set(open_patches) - set(own.patches), own.place
        found = sorted(id for id in others if shown.course.is_older(id, place))
        if found:
            self._pending.note(SUPERSEDE, moment.record, state.project, moment.record, _json(found))
        for row in self._pending.of_kind(RESTORE):
            self._keep(self._again(_ids(row["detail"])))

    def superseded(self, patch: int, cause: int, before: int, project: int, moment: Moment) -> None:
        """Keep that an announcement made a patch Superseded, which was in another state before.

        By the rules that were when it was announced, it may be in another series than by those of today.
        """
        self._pending.done(SUPERSEDE, cause)
        self._working.add(t.superseding, {"patch_id": patch, "event_id": cause, "state_before": before})
        if not self._is_by_own(patch, cause) and not self._again([patch]):
            self._restore([patch], project, moment)

    def forget(self, patch: int) -> None:
        """A patch is Superseded no more, or no patch: there is nothing to give back to it."""
        self._working.remove(t.superseding, patch)
        self._keep({patch})

    def _keep(self, patches: Collection[int]) -> None:
        """Let the state of some patches be, whatever was to be given back to them."""
        for row in self._pending.of_kind(RESTORE) if patches else ():
            ids = _ids(row["detail"])
            left = [id for id in ids if id not in patches]
            if left != ids:
                self._pending.done(RESTORE, row["cause"])
            if left and left != ids:
                self._pending.note(RESTORE, row["cause"], row["project_id"], row["since"], _json(left))

    # --- what is not superseded after all ---

    def look(self, patches: Iterable[int], series: Iterable[int], project: int, moment: Moment) -> None:
        """Note which patches get their states back, now that they, or what superseded them, are elsewhere.

        patches: those that are in another series than before. series: those that an announced posting left, or came to.
        """
        among = set(patches)
        for id in series:
            shown = self._working.series.get(id)
            among.update(
                patch for row in (shown.revisions.values() if shown is not None else ()) for patch in patches_of(row)
            )
        rows = self._working.load(t.superseding, *sorted(among))
        there = {row["patch_id"] for row in rows if self._working.patches.get(row["patch_id"]) is not None}
        again = {row["patch_id"] for row in rows if self._is_by_own(row["patch_id"], row["event_id"])}
        again |= self._again(sorted(there - again))
        self._keep(again)
        self._restore(there - again, project, moment)

    def _is_by_own(self, patch: int, event: int) -> bool:
        """Whether an announcement is of a revision of the series that a patch is in."""
        shown = self._shown(patch)
        return shown is not None and any(row["event_id"] == event for row in shown.revisions.values())

    def _shown(self, patch: int) -> Shown | None:
        """The series that a patch is in."""
        state = self._working.patches.get(patch)
        return self._working.series.get(state.series) if state is not None and state.series is not None else None

    def _restore(self, patches: Collection[int], project: int, moment: Moment) -> None:
        """Note that some patches get their states back, beside those of which the same record says so."""
        before = next((row for row in self._pending.of_kind(RESTORE) if row["cause"] == moment.record), None)
        noted = set(_ids(before["detail"])) if before is not None else set()
        if not noted >= set(patches):
            self._pending.done(RESTORE, moment.record)
            self._pending.note(RESTORE, moment.record, project, moment.record, _json(sorted(noted | set(patches))))

    def _again(self, patches: Iterable[int]) -> set[int]:
        """The patches that a revision of the series which they are in supersedes, and keep that it is this one."""
        again = set()
        for row in self._working.load(t.superseding, *patches):
            event = self._superseder(row["patch_id"])
            if event is not None:
                again.add(row["patch_id"])
                self._working.add(t.superseding, {**row, "event_id": event})
        return again

    def _superseder(self, patch: int) -> int | None:
        """The announcement of the lowest revision that supersedes a patch; None where none does.

        By the rows: what a series was made of is not in memory where nothing of it changed since the start.
        """
        shown = self._shown(patch)
        if shown is None:
            return None
        others: list[tuple[PostingState, Stand]] = []
        lowest: Stand | None = None
        for _, row in sorted(shown.revisions.items()):
            posted = self._working.postings.get(row["posting_id"])
            assert posted is not None, f"posting {row['posting_id']}: expected it to be there, as it is a revision"
            place = place_of(row, posted.posting)
            if patch in patches_of(row):
                lowest = min(lowest or place, place)
            elif posted.event is not None:
                others.append((posted, place))
        for posted, place in others:
            if lowest is not None and is_newer(place, lowest) and self.may(posted, shown):
                return posted.event
        return None

    def facts(self, row: Row) -> Iterator[PatchStateChanged]:
        """The records that supersede patches, or give them their states back."""
        if row["kind"] == SUPERSEDE:
            for id in _ids(row["detail"]):
                yield PatchStateChanged(patch=id, state=SUPERSEDED, cause=row["cause"])
        else:
            for superseding in self._working.load(t.superseding, *_ids(row["detail"])):
                state = state_of(superseding["state_before"]).name
                yield PatchStateChanged(patch=superseding["patch_id"], state=state, cause=row["cause"])

    def take_back(self, patch: int) -> bool:
        """Whether a patch is in the state still that an announcement gave it; if so, it is to get another one back.

        Only a part of one append may be on the log: what was to be told of other patches still is.
        """
        is_there = bool(self._working.load(t.superseding, patch))
        self.forget(patch)
        return is_there


def _json(ids: list[int]) -> str:
    return msgspec.json.encode(ids).decode()

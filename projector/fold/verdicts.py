"""What people and machines say of patches and series: test results, states, reviewers, reruns."""

from datetime import UTC, datetime
from functools import partial

import msgspec

from projector.assembly.events import STATE_CHANGE, TEST_RESULT
from projector.assembly.posting import Posting
from projector.assembly.states import SUPERSEDED, find_state, state_of, worst_test_state
from projector.fold.accounts import Accounts
from projector.fold.feed import Feed
from projector.fold.grouping import Grouping
from projector.fold.moment import Moment
from projector.fold.pending import SUPERSEDE, Pending
from projector.fold.projects import Projects
from projector.fold.requests import Asking
from projector.fold.series import place_of
from projector.fold.superseding import Superseding
from projector.outcomes import CONFLICT, DONE, FORBIDDEN, TARGET_GONE, UNCHANGED, Outcome, Refused
from projector.readmodel.rows import PatchState, PostingState, Row
from projector.readmodel.working import WorkingSet
from projector.rights import refuse_change, refuse_report, refuse_state
from schemas.records import PatchStateChanged, RerunRequested, SeriesChanged, TestResultReported
from schemas.rest import MadeRevision, TestResultDocument

Saying = TestResultReported | PatchStateChanged | SeriesChanged | RerunRequested

_json = msgspec.json.Encoder().encode


class Verdicts:
    """Everything that is said of patches, revisions and series, other than by mail."""

    def __init__(
        self,
        working: WorkingSet,
        grouping: Grouping,
        feed: Feed,
        projects: Projects,
        accounts: Accounts,
        pending: Pending,
        superseding: Superseding,
    ) -> None:
        self._working, self._grouping, self._feed = working, grouping, feed
        self._projects, self._accounts, self._pending = projects, accounts, pending
        self._superseding = superseding

    def say(self, fact: Saying, moment: Moment, asking: Asking) -> Outcome:
        """Do what a record says. Raises Refused."""
        match fact:
            case TestResultReported():
                return self.test_result(fact, moment, asking)
            case PatchStateChanged():
                return self.patch_state(fact, moment, asking)
            case SeriesChanged():
                return self.series(fact, moment, asking)
            case RerunRequested():
                return self.rerun(fact, moment, asking)

    def test_result(self, fact: TestResultReported, moment: Moment, asking: Asking) -> Outcome:
        """Store a result in place of the one with the same test's name."""
        if fact.target == "patch":
            return self._test_patch(fact, moment, asking)
        state, row = self._revision(fact.patches, fact.rerun)
        asking.check(
            FORBIDDEN, partial(refuse_report, linkname=self._linkname(state.project), test_name=fact.test_name)
        )
        result = self._store(fact, moment, ("revision", row["posting_id"]), asking.user)
        self._grouping.refresh(state.project, row["series_id"], moment, touch=True)
        parameters = {"test_name": fact.test_name, "state": fact.state, "revision": row["version"]}
        self._feed.put(
            state.project, TEST_RESULT, moment, series=row["series_id"], user=asking.user, parameters=parameters
        )
        return Outcome(DONE, document=_document(result))

    def patch_state(self, fact: PatchStateChanged, moment: Moment, asking: Asking) -> Outcome:
        """Move a patch to another state, and put that on the feed."""
        patch, new = self._patch(fact.patch), find_state(fact.state)
        if new is None:
            raise Refused(TARGET_GONE, f"There is no state {fact.state}.")
        asking.check(
            FORBIDDEN,
            partial(
                refuse_state,
                linkname=self._linkname(patch.project),
                submitter=self._author(fact.patch) or b"",
                state=new.name,
                own_states=self._projects.by_id[patch.project].settings.submitter_states,
            ),
        )
        asking.check_version(patch.changed)
        if patch.state == new.id:
            return Outcome(UNCHANGED)
        parameters = {"previous_state": state_of(patch.state).name, "new_state": new.name}
        if fact.commit:
            parameters["commit"] = fact.commit
        if state_of(patch.state).name == SUPERSEDED:
            self._superseding.forget(fact.patch)
        patch.state, patch.last_updated_us, patch.changed = new.id, moment.time_us, moment.record
        self._working.patches.put(fact.patch, patch)
        self._feed.put(
            patch.project,
            STATE_CHANGE,
            moment,
            series=patch.series,
            patch=fact.patch,
            user=asking.user,
            parameters=parameters,
        )
        if patch.series is not None:
            self._grouping.restate(patch.project, patch.series, moment, patch=fact.patch)
        return Outcome(DONE)

    def supersede(self, fact: PatchStateChanged, moment: Moment, asking: Asking) -> Outcome:
        """Do to a patch what a newer revision brings about, if it is still open; or undo it. Raises Refused."""
        assert fact.cause is not None
        if fact.state != SUPERSEDED:
            return self._restore(fact, moment, asking)
        self._pending.done(SUPERSEDE, fact.cause)
        patch = self._patch(fact.patch)
        before = state_of(patch.state)
        if before.final:
            return Outcome(UNCHANGED)
        outcome = self.patch_state(fact, moment, asking)
        self._superseding.superseded(fact.patch, fact.cause, before.id, patch.project, moment)
        return outcome

    def _restore(self, fact: PatchStateChanged, moment: Moment, asking: Asking) -> Outcome:
        """Give a patch back the state that it had before a revision superseded it which is elsewhere now."""
        if not self._superseding.take_back(fact.patch):
            return Outcome(UNCHANGED)
        return self.patch_state(fact, moment, asking)

    def series(self, fact: SeriesChanged, moment: Moment, asking: Asking) -> Outcome:
        """Note who reviews a series."""
        state = self._working.posting_with(fact.mail)
        shown = self._working.series.get(state.series) if state is not None and state.series is not None else None
        if state is None or state.series is None or shown is None:
            raise Refused(TARGET_GONE, "Not found.")
        asking.check(FORBIDDEN, partial(refuse_change, linkname=self._linkname(state.project)))
        asking.check_version(shown.row["changed_id"])
        if fact.reviewer is not None and self._accounts.user(fact.reviewer) is None:
            raise Refused(CONFLICT, f"There is no user {fact.reviewer}.")
        if shown.row["reviewer_id"] == fact.reviewer:
            return Outcome(UNCHANGED)
        state.review = (moment.record, fact.reviewer)
        self._working.postings.put(state.posting.id, state)
        self._grouping.refresh(state.project, state.series, moment)
        return Outcome(DONE)

    def rerun(self, fact: RerunRequested, moment: Moment, asking: Asking) -> Outcome:
        """Make a copy of a revision, which is announced like any other."""
        state, row = self._revision(fact.patches, fact.rerun)
        asking.check(
            FORBIDDEN,
            partial(refuse_change, linkname=self._linkname(state.project), submitter=_submitter(state.posting)),
        )
        if not row["complete"]:
            raise Refused(CONFLICT, f"Revision {row['version']} is not complete.")
        rerun = self._grouping.repeat(state, moment)
        series, version = rerun.pinned[-1]
        return Outcome(DONE, document=_json(MadeRevision(series, version)).decode())

    # --- what is named, as it is by now ---

    def _patch(self, id: int) -> PatchState:
        patch = self._working.patches.get(id)
        if patch is None:
            raise Refused(TARGET_GONE, "Not found.")
        return patch

    def _revision(self, patches: tuple[int, ...], rerun: int | None) -> tuple[PostingState, Row]:
        """The revision that has these patches: exactly, else the newest that has them and others."""
        for state in self._series_states(patches, rerun):
            shown = self._working.series.get(state.series) if state.series is not None else None
            rows = [
                (other, row)
                for row in (shown.revisions.values() if shown is not None else ())
                if (other := self._working.postings.get(row["posting_id"])) is not None
                and (other.posting.id == rerun if rerun is not None else other.posting.repeats is None)
            ]
            wanted = list(patches)
            exact = [found for found in rows if rerun is not None or _patches(found[1]) == wanted]
            wider = [found for found in rows if set(_patches(found[1])) >= set(wanted)]
            for found in (exact, wider):
                if found:
                    return max(found, key=lambda pair: place_of(pair[1], pair[0].posting))
        raise Refused(TARGET_GONE, "Not found.")

    def _series_states(self, patches: tuple[int, ...], rerun: int | None) -> list[PostingState]:
        """A posting of the series that the revision is in."""
        mails = [self._working.posting_with(patch) for patch in patches[:1]]
        found = self._working.postings.get(rerun) if rerun is not None else next(iter(mails), None)
        return [found] if found is not None else []

    def _linkname(self, project: int) -> str:
        return self._projects.by_id[project].settings.linkname

    def _author(self, patch: int) -> bytes | None:
        """The key of the address whose patch it is; None where that is nobody's, as nobody vouches for it."""
        thread = self._working.thread_of(patch)
        mail = thread.entries[patch].mail if thread is not None else None
        return mail.author if mail is not None and mail.is_verified is not False else None

    # --- results ---

    def _test_patch(self, fact: TestResultReported, moment: Moment, asking: Asking) -> Outcome:
        (id,) = fact.patches
        patch = self._patch(id)
        asking.check(
            FORBIDDEN, partial(refuse_report, linkname=self._linkname(patch.project), test_name=fact.test_name)
        )
        target = ("patch", id)
        result = self._store(fact, moment, target, asking.user)
        patch.test_state = worst_test_state(self._working.test_states(target))
        patch.last_updated_us, patch.changed = moment.time_us, moment.record
        self._working.patches.put(id, patch)
        parameters = {"test_name": fact.test_name, "state": fact.state}
        self._feed.put(
            patch.project,
            TEST_RESULT,
            moment,
            series=patch.series,
            patch=id,
            user=asking.user,
            parameters=parameters,
        )
        return Outcome(DONE, document=_document(result))

    def _store(self, fact: TestResultReported, moment: Moment, target: tuple[str, int], user: int | None) -> Row:
        """Write a result; what it does not say stays as it was."""
        kind, id = target
        before = self._working.result(target, fact.test_name) or {"id": moment.record, "url": None, "summary": None}
        row = {
            "id": before["id"],
            "target": kind,
            "posting_id": id if kind == "revision" else None,
            "patch_id": id if kind == "patch" else None,
            "test_name": fact.test_name,
            "state": fact.state,
            "url": before["url"] if fact.url is msgspec.UNSET else fact.url,
            "summary": before["summary"] if fact.summary is msgspec.UNSET else fact.summary,
            "date_us": moment.time_us,
            "user_id": user,
        }
        self._working.put_result(target, fact.test_name, row)
        return row


def _document(row: Row) -> str:
    """A result as the API shows it."""
    seconds, micros = divmod(row["date_us"], 1_000_000)
    date = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros, tzinfo=None)
    return _json(TestResultDocument(date, row["state"], row["summary"], row["test_name"], row["url"])).decode()


def _submitter(posting: Posting) -> bytes | None:
    """The key of the address whose revision it is; None where nobody vouches for it."""
    return posting.author if posting.is_verified else None


def _patches(row: Row) -> list[int]:
    return msgspec.json.decode(row["patches"], type=list[int])

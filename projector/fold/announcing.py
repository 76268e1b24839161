"""What is told to the world: the facts to put on the log, and the feed that these records make."""

from collections.abc import Callable, Container, Sequence

import msgspec

from projector.assembly.events import NEW_PULL_REQUEST, NEW_REVISION, REBUILT
from projector.assembly.newer import Announced
from projector.assembly.posting import Posting, is_continued_by
from projector.assembly.redaction import REDACTED
from projector.fold.accounts import Accounts
from projector.fold.feed import Feed
from projector.fold.grouping import Grouping
from projector.fold.moment import Moment
from projector.fold.pending import PULL_REQUEST, RESTORE, RETRY, REVISION, SUPERSEDE, Pending
from projector.fold.projects import Projects
from projector.fold.rebuilt import Rebuilt
from projector.fold.series import place_of
from projector.fold.superseding import Superseding
from projector.readmodel.rows import PostingState, Row, Shown
from projector.readmodel.working import WorkingSet
from schemas.fact import Fact
from schemas.records import (
    PullRequestAnnounced,
    PullRequestStub,
    RetryRequested,
    RevisionAnnounced,
)

RETRIES_MAX = 500
"""Dead letters in one RetryRequested: so much work is one record at most."""


class Announcing:
    """Announcements, from what is pending to what is on the feed."""

    def __init__(
        self,
        working: WorkingSet,
        pending: Pending,
        projects: Projects,
        grouping: Grouping,
        feed: Feed,
        redacted: Container[str | int],
        prefer: Callable[[Sequence[int], Moment], tuple[int, ...]],
        accounts: Accounts,
        superseding: Superseding,
        rebuilt: Rebuilt,
    ) -> None:
        """redacted: the Message-IDs and records of mails without words. prefer: `Mails.prefer`."""
        self._working, self._pending, self._projects = working, pending, projects
        self._grouping, self._feed, self._redacted = grouping, feed, redacted
        self._prefer, self._accounts, self._superseding = prefer, accounts, superseding
        self._rebuilt = rebuilt

    def facts(self) -> list[Fact]:
        """What the active projector has to append now, in order. Changes nothing."""
        facts: list[Fact] = []
        given: dict[int, Announced] = {}
        for row in self._pending.announcements():
            if row["kind"] == PULL_REQUEST:
                facts.append(self._pull_request_fact(row))
            elif row["kind"] == RETRY:
                facts += self._retries(row["cause"])
            elif row["kind"] in (SUPERSEDE, RESTORE):
                facts += self._superseding.facts(row)
            elif row["kind"] == REVISION:
                state, series = self._complete(row)
                is_rebuilt = self._rebuilt.is_revision(row, state)
                facts.append(self._revision_fact(state, series, given.setdefault(series, Announced()), is_rebuilt))
        return facts

    def rebuilt(self) -> set[tuple[str, int]]:
        """The kind and cause of what is pending because rules changed."""
        revisions, requests = self._pending.of_kind(REVISION), self._pending.of_kind(PULL_REQUEST)
        found = [row for row in revisions if self._rebuilt.is_revision(row, self._complete(row)[0])]
        found += [row for row in requests if self._rebuilt.is_pull_request(row)]
        return {(row["kind"], row["cause"]) for row in found}

    def _complete(self, row: Row) -> tuple[PostingState, int]:
        """The posting that is to be announced, and its series."""
        state = self._working.postings.get(row["cause"])
        assert state is not None and state.series is not None, f"posting {row['cause']} pending without a series"
        return state, state.series

    def _pull_request_fact(self, row: Row) -> PullRequestAnnounced:
        return PullRequestAnnounced(
            project=row["project_id"],
            cause=row["cause"],
            pull_url=row["detail"],
            rebuilt=self._rebuilt.is_pull_request(row),
        )

    def _retries(self, cause: int) -> list[Fact]:
        """Retries of all dead letters; an empty one where nothing is left, so that it is done."""
        ids = self._working.dead_letters()
        starts = range(0, max(len(ids), 1), RETRIES_MAX)
        return [RetryRequested(mails=tuple(ids[start : start + RETRIES_MAX]), cause=cause) for start in starts]

    def revision(self, fact: RevisionAnnounced, moment: Moment) -> None:
        """A revision was announced: it is on the feed, and its number is given for good. Only the first time."""
        patches = self._prefer(self._unknown(fact.patches), moment)
        state = self._working.postings.get(fact.cause) or self._now_with((*fact.patches, *patches))
        self._rebuilt.told(
            (fact.cause, *fact.patches, *((fact.chosen,) if fact.chosen is not None else ())),
            self._pending.since(REVISION, state.posting.id) if state is not None else None,
            state,
        )
        if state is not None:
            if fact.cause == state.posting.id and (state.event is not None or fact.chosen != state.chosen):
                return
            if state.event is not None and (fact.series, fact.revision) in state.pinned:
                return  # appended twice, and the posting has another id by now
            self._pending.done(REVISION, state.posting.id)
            state.pinned = (*state.pinned, (fact.series, fact.revision))
            if state.event is None:
                state.event, state.is_rebuilt = moment.record, fact.rebuilt
            self._working.postings.put(state.posting.id, state)
            if state.series is not None:
                self._grouping.restate(state.project, state.series, moment, about=state)
            shown = self._working.series.get(state.series) if state.series is not None else None
            if shown is not None and not fact.rebuilt and self._superseding.may(state, shown):
                self._superseding.announced(state, shown, self._grouping.open_patches(shown), moment)
        parameters: dict[str, int | str] = {"revision": fact.revision}
        if fact.older_than is not None:
            parameters["older_than"] = fact.older_than
        if fact.rerun_of is not None:
            parameters["rerun_of"] = fact.rerun_of
        if fact.continues is not None:
            parameters["continues"] = fact.continues
        if fact.submitter_changed:
            parameters["submitter_changed"] = True
        self._feed.put(
            fact.project,
            NEW_REVISION,
            moment,
            series=fact.series,
            user=fact.user,
            parameters=parameters,
            rebuilt=fact.rebuilt,
        )

    def _unknown(self, patches: Sequence[int]) -> list[int]:
        self._working.patches.need(patches)
        return [id for id in patches if self._working.patches.get(id) is None]

    def pull_request(self, fact: PullRequestAnnounced | PullRequestStub, moment: Moment) -> None:
        """A pull request was announced; only the first time counts. The URL of one without words is not told."""
        self._rebuilt.told((fact.cause,))
        names = (NEW_PULL_REQUEST, REBUILT[NEW_PULL_REQUEST])
        if not self._pending.done(PULL_REQUEST, fact.cause) and self._working.has_event(fact.cause, *names):
            return
        parameters = {"pull_url": self._url(fact)}
        self._feed.put(
            fact.project, NEW_PULL_REQUEST, moment, patch=fact.cause, parameters=parameters, rebuilt=fact.rebuilt
        )

    def _url(self, fact: PullRequestAnnounced | PullRequestStub) -> str:
        if isinstance(fact, PullRequestStub):
            return REDACTED
        thread = self._working.thread_of(fact.cause)
        mail = thread.entries[fact.cause].mail if thread is not None else None
        names = (mail.message_id, mail.id, mail.record) if mail is not None else ()
        return REDACTED if any(name in self._redacted for name in names) else fact.pull_url

    def _revision_fact(self, state: PostingState, series: int, given: Announced, is_rebuilt: bool) -> RevisionAnnounced:
        shown = self._working.series.get(series)
        assert shown is not None, f"series {series}: expected a row, found none"
        version = state.pinned[-1][1]
        row = shown.revisions[version]
        place = place_of(row, state.posting)
        assert row["posting_id"] == state.posting.id, f"series {series}, {version}: expected posting {state.posting.id}"
        user = self._accounts.with_address(state.posting.author) if state.posting.is_verified else None
        newer = [number for other in (self._announced(shown), given) if (number := other.newer(place)) is not None]
        given.add(version, place)
        return RevisionAnnounced(
            project=state.project,
            cause=state.posting.id,
            series=series,
            revision=version,
            patches=tuple(msgspec.json.decode(row["patches"], type=list[int])),
            older_than=max(newer, default=None),
            rerun_of=row["rerun_of"],
            chosen=state.chosen,
            submitter_changed=not self._superseding.is_own(state, shown),
            continues=self._continued(state.posting, version, shown, given),
            user=user.id if user is not None else None,
            rebuilt=is_rebuilt,
        )

    def _continued(self, posting: Posting, version: int, shown: Shown, given: Announced) -> int | None:
        """The announced revision right before one that would have had its patches, if they had come in time."""
        row = shown.revisions.get(version - 1)
        if not posting.is_partial or row is None or (row["event_id"] is None and version - 1 not in given):
            return None
        before = self._working.postings.get(row["posting_id"])
        is_continued = before is not None and is_continued_by(before.posting, posting)
        return version - 1 if is_continued else None

    def _announced(self, shown: Shown) -> Announced:
        if shown.announced is None:
            shown.announced = Announced()
            for version, row in shown.revisions.items():
                state = self._working.postings.get(row["posting_id"]) if row["event_id"] is not None else None
                if state is not None:
                    shown.announced.add(version, place_of(row, state.posting))
        return shown.announced

    def _now_with(self, patches: tuple[int, ...]) -> PostingState | None:
        """The posting that has the patches of an announcement whose own posting is no more."""
        for id in patches:
            patch = self._working.patches.get(id)
            shown = self._working.series.get(patch.series) if patch is not None and patch.series is not None else None
            for posting in sorted(shown.postings) if shown is not None else ():
                state = self._working.postings.get(posting)
                if state is not None and id in state.posting.mails:
                    return state
        return None

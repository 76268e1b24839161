"""What is told to the world: the facts to put on the log, and the feed that these records make."""

import msgspec

from projector.fold.grouping import Grouping
from projector.fold.pending import PULL_REQUEST, RETRY, REVISION, Pending
from projector.fold.projects import Projects
from projector.fold.series import Moment
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState, Row, Shown
from projector.readmodel.working import WorkingSet
from schemas.records import Fact, PullRequestAnnounced, RetryRequested, RevisionAnnounced

RETRIES_MAX = 500
"""Dead letters in one RetryRequested: so much work is one record at most."""


class Announcing:
    """Announcements, from what is pending to what is on the feed."""

    def __init__(self, working: WorkingSet, pending: Pending, projects: Projects, grouping: Grouping) -> None:
        self._working, self._pending, self._projects, self._grouping = working, pending, projects, grouping

    def facts(self) -> list[Fact]:
        """What the active projector has to append now, in order. Changes nothing."""
        facts: list[Fact] = []
        given: dict[int, list[tuple[tuple[int, ...], tuple[int, str], int]]] = {}
        for row in self._pending.announcements():
            if row["kind"] == PULL_REQUEST:
                facts.append(
                    PullRequestAnnounced(project=row["project_id"], cause=row["cause"], pull_url=row["detail"])
                )
            elif row["kind"] == RETRY:
                facts += self._retries(row["cause"])
            elif row["kind"] == REVISION:
                state = self._working.postings.get(row["cause"])
                assert state is not None and state.series is not None, (
                    f"posting {row['cause']} pending without a series"
                )
                facts.append(self._revision_fact(state, state.series, given.setdefault(state.series, [])))
        return facts

    def _retries(self, cause: int) -> list[Fact]:
        """Retries of all that lacked a project; an empty one where nothing is left, so that it is done."""
        ids = self._working.dead_letters("no-project")
        starts = range(0, max(len(ids), 1), RETRIES_MAX)
        return [RetryRequested(mails=tuple(ids[start : start + RETRIES_MAX]), cause=cause) for start in starts]

    def revision(self, fact: RevisionAnnounced, moment: Moment) -> None:
        """A revision was announced: it is on the feed, and its number is given for good. Only the first time."""
        state = self._working.postings.get(fact.cause) or self._now_with(fact.patches)
        if state is not None:
            if state.event is not None and fact.cause == state.posting.id:
                return
            self._pending.done(REVISION, state.posting.id)
            state.pinned = (*state.pinned, (fact.series, fact.revision))
            state.event = state.event or moment.record
            self._working.postings.put(state.posting.id, state)
            if state.series is not None:
                self._grouping.refresh(state.project, state.series, moment)
        parameters: dict[str, int] = {"revision": fact.revision}
        if fact.older_than is not None:
            parameters["older_than"] = fact.older_than
        self.put_on_feed(fact.project, "series-new-revision", moment, series=fact.series, parameters=parameters)

    def pull_request(self, fact: PullRequestAnnounced, moment: Moment) -> None:
        """A pull request was announced; only the first time counts."""
        if not self._pending.done(PULL_REQUEST, fact.cause) and self._working.has_event(fact.cause, "pull-request-new"):
            return
        parameters = {"pull_url": fact.pull_url}
        self.put_on_feed(fact.project, "pull-request-new", moment, patch=fact.cause, parameters=parameters)

    def put_on_feed(
        self,
        project: int,
        name: str,
        moment: Moment,
        *,
        series: int | None = None,
        patch: int | None = None,
        user: int | None = None,
        parameters: dict[str, int] | dict[str, str],
    ) -> None:
        """Put the record that is folded on a project's feed; event times grow strictly within a project."""
        owner = self._projects.by_id[project]
        owner.last_event_us = max(owner.last_event_us + 1, moment.time_us)
        self._projects.save(owner)
        self._working.counts["event"] += 1
        self._working.counts[f"event:{project}"] += 1
        row: Row = {
            "id": moment.record,
            "project_id": project,
            "name": name,
            "event_time_us": owner.last_event_us,
            "series_id": series,
            "patch_id": patch,
            "user_id": user,
            "parameters": msgspec.json.encode(parameters).decode(),
        }
        self._working.add(t.event, row)

    def _revision_fact(
        self, state: PostingState, series: int, given: list[tuple[tuple[int, ...], tuple[int, str], int]]
    ) -> RevisionAnnounced:
        shown = self._working.series.get(series)
        assert shown is not None, f"series {series}: expected a row, found none"
        version, row = next((v, row) for v, row in shown.revisions.items() if row["posting_id"] == state.posting.id)
        place = (state.posting.reroll, state.posting.order)
        newer = [number for reroll, order, number in [*self._announced(shown), *given] if (reroll, order) > place]
        given.append((*place, version))
        return RevisionAnnounced(
            project=state.project,
            cause=state.posting.id,
            series=series,
            revision=version,
            patches=tuple(msgspec.json.decode(row["patches"], type=list[int])),
            older_than=max(newer, default=None),
        )

    def _announced(self, shown: Shown) -> list[tuple[tuple[int, ...], tuple[int, str], int]]:
        """Reroll, order and number of the revisions of a series that were announced."""
        found = []
        for version, row in shown.revisions.items():
            other = self._working.postings.get(row["posting_id"]) if row["event_id"] is not None else None
            if other is not None:
                found.append((other.posting.reroll, other.posting.order, version))
        return found

    def _now_with(self, patches: tuple[int, ...]) -> PostingState | None:
        """The posting that has the patches of an announcement whose own posting is no more."""
        for patch in self._working.load(t.patch, *patches):
            shown = self._working.series.get(patch["series_id"]) if patch["series_id"] is not None else None
            for posting in sorted(shown.postings) if shown is not None else ():
                state = self._working.postings.get(posting)
                if state is not None and patch["id"] in state.posting.mails:
                    return state
        return None

"""What people and machines say of patches: test results and states."""

import msgspec

from projector.assembly.states import find_state, state_of, worst_test_state
from projector.fold.announcing import Announcing
from projector.fold.grouping import Grouping
from projector.fold.series import Moment
from projector.readmodel.rows import Row
from projector.readmodel.working import WorkingSet
from schemas.records import PatchStateChanged, TestResultReported


class Verdicts:
    """Test results and patch states."""

    def __init__(self, working: WorkingSet, grouping: Grouping, announcing: Announcing) -> None:
        self._working, self._grouping, self._announcing = working, grouping, announcing

    def test_result(self, fact: TestResultReported, moment: Moment) -> None:
        """Store a result in place of the one with the same test's name; nothing where the target is gone."""
        if fact.target == "patch":
            self._test_patch(fact, moment)
            return
        for patch in fact.patches[:1]:
            state = self._working.patches.get(patch)
            shown = self._working.series.get(state.series) if state is not None and state.series is not None else None
            rows = shown.revisions.values() if shown is not None else ()
            wanted = list(fact.patches)
            found = [row for row in rows if msgspec.json.decode(row["patches"]) == wanted]
            if found and state is not None and state.series is not None:
                self._store(fact, moment, posting=found[-1]["posting_id"], patch=None)
                self._grouping.refresh(state.project, state.series, moment)

    def patch_state(self, fact: PatchStateChanged, moment: Moment) -> None:
        """Move a patch to another state and put that on the feed; nothing where it is there, or the patch is gone."""
        patch, new = self._working.patches.get(fact.patch), find_state(fact.state)
        if patch is None or new is None or patch.state == new.id:
            return
        parameters = {"previous_state": state_of(patch.state).name, "new_state": new.name}
        patch.state, patch.last_updated_us = new.id, moment.time_us
        self._working.patches.put(fact.patch, patch)
        self._announcing.put_on_feed(
            patch.project,
            "patch-state-change",
            moment,
            series=patch.series,
            patch=fact.patch,
            user=fact.user,
            parameters=parameters,
        )
        if patch.series is not None:
            self._grouping.refresh(patch.project, patch.series, moment)

    def _test_patch(self, fact: TestResultReported, moment: Moment) -> None:
        (id,) = fact.patches
        patch = self._working.patches.get(id)
        if patch is None:
            return
        results = self._store(fact, moment, posting=None, patch=id)
        patch.test_state = worst_test_state(row["state"] for row in results.values())
        patch.last_updated_us = moment.time_us
        self._working.patches.put(id, patch)

    def _store(
        self, fact: TestResultReported, moment: Moment, *, posting: int | None, patch: int | None
    ) -> dict[str, Row]:
        id = posting if posting is not None else patch
        assert id is not None
        target = (fact.target, id)
        results = dict(self._working.results.get(target) or {})
        before = results.get(fact.test_name, {"id": moment.record, "url": None, "summary": None})
        results[fact.test_name] = {
            "id": before["id"],
            "target": fact.target,
            "posting_id": posting,
            "patch_id": patch,
            "test_name": fact.test_name,
            "state": fact.state,
            "url": before["url"] if fact.url is msgspec.UNSET else fact.url,
            "summary": before["summary"] if fact.summary is msgspec.UNSET else fact.summary,
            "date_us": moment.time_us,
            "user_id": fact.user,
        }
        self._working.results.put(target, results)
        return results

"""The events feed of each project: what the record that is folded puts on it."""

from collections.abc import Mapping

import msgspec

from projector.assembly.events import REBUILT, SHOWN_UNASKED
from projector.fold.moment import Moment
from projector.fold.projects import Projects
from projector.readmodel import tables as t
from projector.readmodel.rows import Row
from projector.readmodel.working import WorkingSet


class Feed:
    """Writes events. An event's id is its record's; those of one record are numbered from 0."""

    def __init__(self, working: WorkingSet, projects: Projects) -> None:
        self._working, self._projects = working, projects
        self._record = 0
        self._number = 0
        self._last_us = 0
        """The time of the last event of any project."""

    def load(self) -> None:
        """Begin anew, behind the events of the projects: the record that was folded last may come again."""
        self._record = self._number = 0
        self._last_us = max((project.last_event_us for project in self._projects.by_id.values()), default=0)

    def put(
        self,
        project: int,
        name: str,
        moment: Moment,
        *,
        series: int | None = None,
        patch: int | None = None,
        user: int | None = None,
        parameters: Mapping[str, int | str],
        rebuilt: bool = False,
    ) -> None:
        """Put the record that is folded on a project's feed; one that is rebuilt for those alone who ask for such.

        Event times grow strictly over all projects, for there is a feed of them all: who goes on behind the last time
        that was seen misses nothing, on either feed.
        """
        owner = self._projects.by_id[project]
        owner.last_event_us = self._last_us = max(self._last_us + 1, moment.time_us)
        self._projects.save(owner)
        if rebuilt:
            name, parameters = REBUILT[name], {**parameters, "rebuilt": True}
        by_name_only = name not in SHOWN_UNASKED
        if not by_name_only:
            self._working.counts["event"] += 1
            self._working.counts[f"event:{project}"] += 1
        row: Row = {
            "id": moment.record,
            "number": self._next_number(moment.record),
            "project_id": project,
            "name": name,
            "by_name_only": by_name_only,
            "event_time_us": owner.last_event_us,
            "series_id": series,
            "patch_id": patch,
            "user_id": user,
            "parameters": msgspec.json.encode(parameters).decode(),
        }
        self._working.add(t.event, row)

    def _next_number(self, record: int) -> int:
        self._number = self._number + 1 if record == self._record else 0
        self._record = record
        return self._number

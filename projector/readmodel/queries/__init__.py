"""The door to the read model: plain functions over a connection that give documents ready to serve.

Each asks a number of queries that does not depend on how much there is to show.
"""

from sqlalchemy import Connection

from projector.assembly.states import TEST_STATES, State, find_state
from projector.readmodel.queries.browse import PatchView, SeriesView, view_patch, view_series
from projector.readmodel.queries.events import list_events
from projector.readmodel.queries.interrupting import interrupt
from projector.readmodel.queries.listing import Filters, Listed, NoSuchPage, Ordering, Page
from projector.readmodel.queries.mails import Mailbox, PatchMail, patch_mails, revision_mails
from projector.readmodel.queries.patches import find_patch_by_message_id, get_patch, list_patches
from projector.readmodel.queries.projects import (
    RECORD_ID_MAX,
    ProjectKey,
    find_project,
    get_project,
    list_projects,
)
from projector.readmodel.queries.results import patch_results, revision_results
from projector.readmodel.queries.revisions import RevisionKey, get_revision, list_revisions, revision_moved_to
from projector.readmodel.queries.series import get_series, list_series, series_moved_to

__all__ = [
    "RECORD_ID_MAX",
    "TEST_STATES",
    "Connection",
    "Filters",
    "Listed",
    "Mailbox",
    "NoSuchPage",
    "Ordering",
    "Page",
    "PatchMail",
    "PatchView",
    "ProjectKey",
    "RevisionKey",
    "SeriesView",
    "State",
    "find_patch_by_message_id",
    "find_project",
    "find_state",
    "get_patch",
    "get_project",
    "get_revision",
    "get_series",
    "interrupt",
    "list_events",
    "list_patches",
    "list_projects",
    "list_revisions",
    "list_series",
    "patch_mails",
    "patch_results",
    "revision_mails",
    "revision_moved_to",
    "revision_results",
    "series_moved_to",
    "view_patch",
    "view_series",
]

"""The door to the read model: plain functions over a connection that give documents ready to serve.

Each asks a number of queries that does not depend on how much there is to show.
"""

from sqlalchemy import Connection

from projector.assembly.events import EVENT_NAMES
from projector.assembly.states import ACCEPTED, STATES, TEST_STATES, State, find_state
from projector.readmodel.queries.accounts import find_token, find_user, has_user
from projector.readmodel.queries.browse import REVISIONS_MAX, PatchView, SeriesView, view_patch, view_series
from projector.readmodel.queries.comments import list_patch_comments, list_series_comments
from projector.readmodel.queries.events import Followed, follow_events, last_event_us, list_events
from projector.readmodel.queries.following import Reached, read_reached
from projector.readmodel.queries.interrupting import in_short, interrupt
from projector.readmodel.queries.large import LargeText, read_piece, split_large
from projector.readmodel.queries.listing import (
    LAST,
    Filters,
    Listed,
    NeedsPatience,
    NoSuchPage,
    Ordering,
    Page,
    Versioned,
    WasRedacted,
)
from projector.readmodel.queries.mails import Mailbox, PatchMail, patch_mails, revision_mails
from projector.readmodel.queries.outcomes import Outcome, came_before, read_outcomes
from projector.readmodel.queries.patches import (
    SamePatch,
    find_patch_by_message_id,
    get_versioned_patch,
    list_patches,
    patches_by_diff_id,
)
from projector.readmodel.queries.projects import (
    RECORD_ID_MAX,
    ProjectKey,
    find_project,
    get_project,
    list_projects,
)
from projector.readmodel.queries.results import patch_results, revision_results
from projector.readmodel.queries.revisions import (
    Announced,
    RevisionKey,
    get_revision,
    list_revisions,
    revision_announced,
    revision_moved_to,
)
from projector.readmodel.queries.series import get_versioned_series, list_series, series_moved_to
from projector.readmodel.queries.targets import (
    PatchTarget,
    RevisionTarget,
    SeriesTarget,
    patch_target,
    patches_by_message_id,
    revision_target,
    series_target,
)
from projector.rights import Actor, User, refuse_change, refuse_entry, refuse_report, refuse_state

__all__ = [
    "ACCEPTED",
    "EVENT_NAMES",
    "LAST",
    "RECORD_ID_MAX",
    "REVISIONS_MAX",
    "STATES",
    "TEST_STATES",
    "Actor",
    "Announced",
    "Connection",
    "Filters",
    "Followed",
    "LargeText",
    "Listed",
    "Mailbox",
    "NeedsPatience",
    "NoSuchPage",
    "Ordering",
    "Outcome",
    "Page",
    "PatchMail",
    "PatchTarget",
    "PatchView",
    "ProjectKey",
    "Reached",
    "RevisionKey",
    "RevisionTarget",
    "SamePatch",
    "SeriesTarget",
    "SeriesView",
    "State",
    "User",
    "Versioned",
    "WasRedacted",
    "came_before",
    "find_patch_by_message_id",
    "find_project",
    "find_state",
    "find_token",
    "find_user",
    "follow_events",
    "get_project",
    "get_revision",
    "get_versioned_patch",
    "get_versioned_series",
    "has_user",
    "in_short",
    "interrupt",
    "last_event_us",
    "list_events",
    "list_patch_comments",
    "list_patches",
    "list_projects",
    "list_revisions",
    "list_series",
    "list_series_comments",
    "patch_mails",
    "patch_results",
    "patch_target",
    "patches_by_diff_id",
    "patches_by_message_id",
    "read_outcomes",
    "read_piece",
    "read_reached",
    "refuse_change",
    "refuse_entry",
    "refuse_report",
    "refuse_state",
    "revision_announced",
    "revision_mails",
    "revision_moved_to",
    "revision_results",
    "revision_target",
    "series_moved_to",
    "series_target",
    "split_large",
    "view_patch",
    "view_series",
]

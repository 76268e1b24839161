"""The kinds of events of a feed (assembly, section 5)."""

NEW_REVISION = "series-new-revision"
STATE_CHANGE = "patch-state-change"
NEW_PULL_REQUEST = "pull-request-new"
NEW_PATCH = "patch-new"
NEW_COMMENT = "comment-new"
TEST_RESULT = "test-result"
SERIES_MERGED = "series-merged"

REBUILT_MARK = " (rebuilt)"
REBUILT = {name: name + REBUILT_MARK for name in (NEW_REVISION, NEW_PULL_REQUEST)}
"""What an event that comes of changed rules alone is stored as: a kind beside its own, which nobody gets unasked."""
AS_TOLD = {stored: name for name, stored in REBUILT.items()}

SHOWN_UNASKED = (NEW_REVISION, STATE_CHANGE, NEW_PULL_REQUEST)
"""The kinds that a reader sees who names none: those that existed when today's readers were written."""
EVENT_NAMES = (*SHOWN_UNASKED, NEW_PATCH, NEW_COMMENT, TEST_RESULT, SERIES_MERGED)

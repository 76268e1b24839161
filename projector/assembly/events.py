"""The kinds of events of a feed (assembly, section 5)."""

NEW_REVISION = "series-new-revision"
STATE_CHANGE = "patch-state-change"
NEW_PULL_REQUEST = "pull-request-new"
NEW_PATCH = "patch-new"
NEW_COMMENT = "comment-new"
TEST_RESULT = "test-result"
SERIES_MERGED = "series-merged"

SHOWN_UNASKED = (NEW_REVISION, STATE_CHANGE, NEW_PULL_REQUEST)
"""The kinds that a reader sees who names none: those that existed when today's readers were written."""
EVENT_NAMES = (*SHOWN_UNASKED, NEW_PATCH, NEW_COMMENT, TEST_RESULT, SERIES_MERGED)

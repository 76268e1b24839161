"""What the types of the documents' fields do not say: which words there are, what JSON is in a `Raw`, examples."""

from typing import Any

from projector.readmodel.queries import EVENT_NAMES, STATES, TEST_STATES
from projector.readmodel.queries.outcomes import (
    CHANGED_MEANWHILE,
    CONFLICT,
    DONE,
    FORBIDDEN,
    KEY_REUSED,
    TARGET_GONE,
    UNAUTHORIZED,
    UNCHANGED,
)
from schemas.rest import SERIES_STATES

_OUTCOMES = [
    DONE,
    UNCHANGED,
    "not-found",
    FORBIDDEN,
    TARGET_GONE,
    CONFLICT,
    CHANGED_MEANWHILE,
    KEY_REUSED,
    UNAUTHORIZED,
]
_BECAME = {
    "type": "string",
    "enum": _OUTCOMES,
    "description": "What became of it: it is `done`, it was so already (`unchanged`), no patch is meant (`not-found`), "
    "you may not (`forbidden`); the others are rare.",
}
_PATCH_IDS = {"type": "array", "items": {"type": "integer"}}

DESCRIPTIONS = {
    "Series": "A piece of work: what was posted, and posted again, under one title.",
    "Author": "The author of a commit, as `git am` writes it: not always the one who sent the mail.",
    "Patch": "A patch, or a pull request.",
    "Revision": "One posting of a series.",
    "Event": "Something that happened in a project.",
    "Comment": "A mail that answers a patch or a cover letter.",
    "ChangedPatch": "What became of a patch that was named by its Message-ID.",
    "MatchedCommit": "What became of the patch that a commit came by.",
    "Problem": "What went wrong (RFC 9457).",
}
"""Of the structs that say more to us than to readers."""
FIELDS: dict[str, dict[str, Any]] = {
    "Api.revision": {"description": "The revision of the API; 3 is the one with test results.", "examples": [3]},
    "Series.state": {"type": "string", "enum": list(SERIES_STATES)},
    "Series.test_state": {
        "type": ["string", "null"],
        "enum": [*TEST_STATES, None],
        "description": "The worst state of the newest revision's test results; null without results.",
    },
    "Series.state_summary": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/StateCount"},
        "description": "How many patches of the newest revision are in which state.",
    },
    "Series.test_summary": {
        "type": "object",
        "propertyNames": {"enum": list(TEST_STATES)},
        "additionalProperties": {"type": "integer"},
        "description": "How many test results of the newest revision have which state.",
        "examples": [{"success": 2, "failure": 1}],
    },
    "Series.may_follow": {
        "description": "A series that this one may go on with: its first revision is by the same author, has the next"
        " marker, and nearly the same title and files. Nothing is linked by that; `patchlog series link` does it."
    },
    "Series.depends_on": {**_PATCH_IDS, "description": "The ids of the series that it says it depends on."},
    "Series.version": {"description": "The number of the newest revision."},
    "Series.reviewer": {"description": "The user who reviews it."},
    "Author.email": {"description": "As the author spells it."},
    "Patch.content": {"description": "The diff alone; null for a pull request without one."},
    "Patch.author": {"description": "The author of the commit that the mbox makes; null where the patch is redacted."},
    "Patch.author_date": {
        "description": "The date of that commit, ISO 8601 with the author's offset from UTC.",
        "examples": ["2026-03-02T11:00:00+01:00"],
    },
    "Patch.commit_title": {"description": "The title of that commit; it may differ from the mail's subject."},
    "Patch.pull_url": {
        "description": "Where a pull request asks to pull from, URL and ref; null of others.",
        "examples": ["https://git.example.org/a.git tags/net-1"],
    },
    "Patch.warnings": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "text": {"type": "string"}},
            "required": ["kind", "text"],
        },
        "description": "What a careful reader and git would read differently in the mail as it was sent, and how it "
        "was read.",
        "examples": [[{"kind": "flowed", "text": "The text says format=flowed. Lines were joined."}]],
    },
    "Patch.state": {"description": "One of " + ", ".join(f"{state.id} ({state.name})" for state in STATES) + "."},
    "Revision.cover_letter": {"description": "The text of the cover letter."},
    "Revision.patches": {
        "anyOf": [_PATCH_IDS, {"type": "array", "items": {"$ref": "#/components/schemas/Patch"}}],
        "description": "The ids of the patches in the order in which they apply; with `related=expand` the patches.",
    },
    "Revision.rerun_of": {"description": "The version that this one is a copy of, made to be tested again."},
    "Event.id": {"description": "What `after` takes. It never changes, and later events have greater ones."},
    "Event.name": {"type": "string", "enum": list(EVENT_NAMES)},
    "Event.event_time": {
        "$ref": "#/components/schemas/Time",
        "description": "When it was put on the feed; no two events have the same time.",
    },
    "Event.user": {
        "description": "Who did it, where a user did; of a series-new-revision, who has the submitter's address."
    },
    "Event.parameters": {
        "type": "object",
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
        "description": "What else there is to say: `revision` (`rerun_of`, `continues`) of a series-new-revision, "
        "`rebuilt` where only newer rules found it in old mail, `previous_state` and `new_state` of a "
        "patch-state-change, `pull_url` of a pull-request-new, `test_name` and `state` of a test-result.",
        "examples": [{"revision": 2}],
    },
    "Comment.parent": {"description": "The id of the mail that it answers directly, where that came."},
    "Comment.patch": {"description": "The patch that it is about; null for a cover letter."},
    "Problem.detail": {"description": "A sentence for people."},
    "TestResult.state": {"type": "string", "enum": list(TEST_STATES)},
    "TestResult.date": {"$ref": "#/components/schemas/Time", "description": "When it was posted last."},
    "ChangedPatch.outcome": _BECAME,
    "MatchedCommit.outcome": _BECAME,
    "EventPage.count": {
        "description": "The number of events; null behind a cursor (`after`), where they are not counted."
    },
}

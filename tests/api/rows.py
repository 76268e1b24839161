"""A small read model, filled by hand: two projects, five series, an alias of each kind, comments, results, events."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from projector.assembly.events import SHOWN_UNASKED
from projector.assembly.keys import key
from projector.readmodel import tables
from projector.readmodel.generations import ReadModels
from projector.readmodel.sqlite_parts import fill_parts
from schemas.mail import Commit, Mailbox, Sent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMMIT_DATE = "2024-05-01T12:00:00+02:00"
DIFF = "diff --git a/one.c b/one.c\n--- a/one.c\n+++ b/one.c\n@@ -1 +1 @@\n-old <b>\n+new \x0c & tidy\n"
SENT = Sent(
    (Mailbox("Widgets, all", "widgets@example.org"),),
    (Mailbox("Zoë", "zoe@example.org"), Mailbox("", "bo@example.org")),
    ("cover@example.org", "mail-30@example.org"),
    "widgets.example.org",
)
NEW = [{"count": 1, "name": "New", "final": False}]


def us(text: str) -> int:
    """Microseconds since 1970 of an ISO time in UTC."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def make_read_model(url: str) -> str:
    """Make a live read model with all rows below in an empty database, and give its URL back."""
    models = ReadModels(url)
    generation = models.create()
    engine = models.engine(generation)
    with engine.begin() as connection:
        fill(connection)
        fill_parts(connection)
    engine.dispose()
    models.point_to(generation)
    return url


def insert(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    connection.execute(table.insert(), list(rows))


def fill(connection: Connection) -> None:
    insert(connection, tables.project, project(2, "widgets", "Widgets"), project(3, "gadgets", "Gadgets & Co"))
    insert(
        connection,
        tables.person,
        person(10, "ada@example.org", "Ada Ärlig"),
        person(11, "bo@example.org", ""),
        person(12, "cy@example.org", "Cy <Maintainer>"),
        {"id": 13, "key": key("di@example.org"), "email": None, "name": "[redacted]", "named_by": None},
    )
    insert(
        connection,
        tables.account,
        user(7, "cy", ["cy@example.org"], ["widgets"]),
        user(8, "ada", ["ada@example.org"], []),
    )
    _fill_patches(connection)
    _fill_series(connection)
    _fill_answers(connection)
    _fill_events(connection)
    counts = {
        "project": 2, "series": 5, "series:2": 4, "series:3": 1,
        "patch": 8, "patch:2": 7, "patch:3": 1, "event": 5, "event:2": 5, "event:3": 0,
    }  # fmt: skip
    insert(connection, tables.count, *({"name": name, "n": n} for name, n in counts.items()))


def person(id_: int, email: str, name: str) -> dict[str, Any]:
    return {"id": id_, "key": key(email), "email": email, "name": name, "named_by": id_}


def project(id_: int, linkname: str, name: str) -> dict[str, Any]:
    return {
        "id": id_, "linkname": linkname, "name": name, "listid": f"{linkname}.example.org",
        "listemail": f"{linkname}@example.org", "web_url": "https://example.org/w", "scm_url": "",
        "webscm_url": "", "settings": b"", "last_event_us": 0,
    }  # fmt: skip


def user(id_: int, name: str, emails: list[str], maintainer_of: list[str]) -> dict[str, Any]:
    return {
        "id": id_, "name": name, "emails": json.dumps(emails), "password_hash": "",
        "maintainer_of": json.dumps(maintainer_of), "active": True,
    }  # fmt: skip


def patch(id_: int, name: str, date: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": id_, "project_id": 2, "message_id": f"mail-{id_}@example.org", "name": name, "date_us": us(date),
        "last_updated_us": us(date), "submitter_id": 10, "state": 1, "series_id": None, "pull_url": None,
        "test_state": None, "diff_id": None, "changed_id": id_, "redacted": False,
        "verified": {31: True, 40: False}.get(id_),
    }  # fmt: skip
    return {**row, **changes}


def text(patch_id: int, message: str = "Why.\n", content: str | None = DIFF) -> dict[str, Any]:
    commit = Commit("Ada", "ada@example.org", COMMIT_DATE, str(patch_id), f"[PATCH] {patch_id}", 0, len(message))
    return {
        "patch_id": patch_id, "message": f"{message}---\n", "content": content, "diff_bytes": None, "marks": None,
        "is_doubtful": False,
        "sent": msgspec.json.encode(SENT if patch_id == 31 else Sent()).decode(),
        **{f"commit_{name}": value for name, value in msgspec.structs.asdict(commit).items()},
    }  # fmt: skip


def _fill_patches(connection: Connection) -> None:
    insert(
        connection,
        tables.patch,
        patch(21, "[1/2] one: tidy", "2024-05-01T10:00:00", series_id=20),
        patch(22, "[2/2] two: tidy", "2024-05-01T10:00:01", series_id=20, state=9),
        patch(
            31, "[v2,1/2] one: tidy", "2024-05-03T10:00:00", series_id=20, last_updated_us=us("2024-06-01T00:00:00.5")
        ),
        patch(32, "[v2,2/2] two: tidy", "2024-05-03T10:00:01", series_id=20, state=3),
        patch(40, "straße: 100%_done", "2024-05-02T09:00:00", series_id=40, submitter_id=11, test_state="success"),
        patch(45, "[GIT,PULL] widgets", "2024-05-04T09:00:00", pull_url="git://example.org/w.git main"),
        patch(51, "ÄNDERUNG of names", "2024-05-05T09:00:00", series_id=51, message_id="a/b%c+d@example.org"),
        patch(61, "[gadgets] spin", "2024-05-06T09:00:00", series_id=61, project_id=3, submitter_id=12, state=2),
    )
    insert(
        connection,
        tables.patch_text,
        *(text(id_) for id_ in (21, 22, 31, 32, 40, 51, 61)),
        text(45, "Please pull.\n", None),
    )


def series(id_: int, name: str, submitted: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": id_, "project_id": 2, "name": name, "n_patches": 1, "submitter_id": 10, "submitted_us": us(submitted),
        "last_updated_us": us(submitted), "version": 1, "reviewer_id": None, "state": "initial",
        "state_summary": json.dumps(NEW), "test_state": None, "test_summary": "[]",
        "depends_on": "[]", "may_follow": None, "changed_id": id_, "head_id": None,
    }  # fmt: skip
    return {**row, **changes}


def revision(series_id: int, version: int, patches: list[int], **changes: Any) -> dict[str, Any]:
    row = {
        "series_id": series_id, "version": version, "posting_id": [*patches, series_id][0], "cover_id": None,
        "cover_letter": None, "name": "tidy", "submitter_id": 10, "n_patches": len(patches), "complete": True,
        "event_id": None, "submitted_us": us("2024-05-01T10:00:00"), "patches": json.dumps(patches), "test_state": None,
        "rerun_of": None, "head_id": None, "reroll": "[1]",
    }  # fmt: skip
    return {**row, **changes}


def _fill_series(connection: Connection) -> None:
    insert(
        connection,
        tables.series,
        series(20, "Tidy <everything>", "2024-05-01T09:59:59", n_patches=2, version=2, state="in progress",
               last_updated_us=us("2024-06-01T00:00:00.013345"), reviewer_id=7, test_state="warning",
               depends_on="[40,51]"),
        series(40, "straße: 100%_done", "2024-05-02T09:00:00", submitter_id=11, state="done", test_state="success"),
        series(51, "ÄNDERUNG of names", "2024-05-05T09:00:00", may_follow=40),
        series(55, "Only a cover", "2024-05-05T10:00:00", state="incomplete", n_patches=3, state_summary="[]"),
        series(61, "[gadgets] spin", "2024-05-06T09:00:00", project_id=3, submitter_id=12, test_state="failure"),
    )  # fmt: skip
    revisions = [
        revision(20, 1, [21, 22], posting_id=20, cover_id=20, cover_letter="All of it.\n\nReally."),
        revision(20, 2, [31, 32], posting_id=30, cover_id=30, cover_letter="Again.", name="Tidy <everything>"),
        revision(40, 1, [40]),
        revision(51, 1, [51]),
        revision(55, 1, [], cover_id=55, cover_letter="Soon.", complete=False, n_patches=3),
        revision(61, 1, [61]),
    ]
    insert(connection, tables.revision, *revisions)
    insert(
        connection,
        tables.revision_patch,
        *(
            {"patch_id": id_, "series_id": row["series_id"], "version": row["version"], "number": number}
            for row in revisions
            for number, id_ in enumerate(json.loads(row["patches"]))
        ),
    )
    insert(connection, tables.series_alias, {"id": 30, "target_id": 20})
    insert(
        connection,
        tables.revision_alias,
        {"series_id": 30, "version": 1, "target_series_id": 20, "target_version": 2},
    )
    known = {"id": 20, "project_id": 2, "message_id": "cover@example.org"}
    written = {
        "author_id": 10,
        "date_us": us("2024-05-01T09:59:59"),
        "subject": "[PATCH 0/2] tidy",
        "text": "All of it.",
    }
    insert(connection, tables.cover, {**known, **written})
    of_cover = {"thread_id": 20, "kind": "cover", "target_id": None, "author_id": 10, "summary": b""}
    insert(connection, tables.mail, {**known, **of_cover})
    insert(
        connection,
        tables.conflicting_copy,
        copy(90, 31, counts=False),
        copy(91, 31, counts=True),
        copy(92, 20, counts=False),
    )
    insert(connection, tables.posting, {"id": 20, "project_id": 2, "thread_id": 20, "series_id": 20, "state": b""})


def copy(id_: int, mail_id: int, *, counts: bool) -> dict[str, Any]:
    return {
        "id": id_, "project_id": 2, "mail_id": mail_id, "differs": '["title","diff"]', "said": b"",
        "received_us": us("2024-05-04T10:00:00"), "counts": counts, "author_id": None, "acknowledged_id": None,
    }  # fmt: skip


def comment(id_: int, target_id: int, date: str, *trailers: str) -> dict[str, Any]:
    return {
        "id": id_, "project_id": 2, "message_id": f"mail-{id_}@example.org", "target_id": target_id,
        "parent": "mail@example.org",
        "author_id": 12, "date_us": us(date), "subject": "Re: tidy", "text": f"Fine <by> me {id_}.\n",
        "trailers": "\n".join(trailers),
    }  # fmt: skip


def result(id_: int, test_name: str, state: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": id_, "target": "revision", "posting_id": 30, "patch_id": None, "test_name": test_name, "state": state,
        "url": "https://ci.example.org/1", "summary": None, "date_us": us("2024-05-03T11:00:03.529"), "user_id": None,
    }  # fmt: skip
    return {**row, **changes}


LIMITED = (
    "2 3\tTested-by: Di <di@example.org>",
    "\tAcked-by: Nobody <n@example.org>",
    "1\tFixes: abcdef",
    "Signed-off-by: Cy <cy@example.org>",
)
"""Said of a cover letter: for some patches, for nobody knows which, of one mail alone, for all."""


def _fill_answers(connection: Connection) -> None:
    insert(
        connection,
        tables.comment,
        comment(
            70, 30, "2024-05-03T12:00:00", "Reviewed-by: Cy <cy@example.org>", 'Fixes: 123456789abc ("x")', *LIMITED
        ),
        comment(71, 31, "2024-05-03T13:00:00", "Acked-by: Cy <cy@example.org>", "Reviewed-by: Cy <cy@example.org>"),
        comment(72, 32, "2024-05-03T14:00:00", "\tAcked-by: Di <di@example.org>", "1\tNacked-by: Di <di@example.org>"),
        comment(73, 32, "2024-05-03T15:00:00", 'Fixes: abcdef123456 ("y")'),
    )
    insert(
        connection,
        tables.test_result,
        result(80, "zoo", "warning", summary="2 warnings"),
        result(81, "BAT", "success", url=None),
        result(82, "lint", "success", target="patch", posting_id=None, patch_id=40, url="javascript:alert(1)"),
    )


def event(id_: int, name: str, time: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": id_, "number": 0, "by_name_only": name not in SHOWN_UNASKED,
        "project_id": 2, "name": name, "event_time_us": us(time), "series_id": None, "patch_id": None,
        "user_id": None, "parameters": "{}",
    }  # fmt: skip
    return {**row, **changes}


def _fill_events(connection: Connection) -> None:
    changed = json.dumps({"previous_state": "New", "new_state": "Accepted"})
    insert(
        connection,
        tables.event,
        event(90, "series-new-revision", "2024-05-01T10:00:05.000001", series_id=20, parameters='{"revision": 1}'),
        event(91, "patch-new", "2024-05-01T10:00:05.000002", patch_id=21),
        event(92, "series-new-revision", "2024-05-02T09:00:05", series_id=40, parameters='{"revision": 1}'),
        event(93, "series-new-revision", "2024-05-03T10:00:05", series_id=20, parameters='{"revision": 2}'),
        event(
            94,
            "pull-request-new",
            "2024-05-04T09:00:05",
            patch_id=45,
            parameters='{"pull_url": "git://example.org/w.git main"}',
        ),
        event(
            95, "patch-state-change", "2024-05-05T00:00:00.5", series_id=20, patch_id=32, user_id=7, parameters=changed
        ),
    )

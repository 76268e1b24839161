"""Everything that the API does, in the order in which the page tells it."""

from collections.abc import Iterator

from api.openapi.answers import Answer, as_json, shown
from api.openapi.operation import EXPANDED_LIST, LIST, Operation, array, mbox, one, page
from api.openapi.parameters import OF_EVENTS, OF_PATCHES, OF_SERIES
from api.openapi.schemas import ref

TAGS = {
    "Events": "What happened in a project. This is where a CI system learns of new revisions.",
    "Series": "A piece of work: what was posted under one title, with all its revisions.",
    "Revisions": "One posting of a series: its patches in order, its mbox, its test results.",
    "Patches": "One mail with a diff, or a pull request.",
    "Projects": "The mailing lists.",
    "About": "The API itself.",
}
_SERIES = "/series/{series}/"
_REVISION = "/series/{series}/revisions/{version}/"
_PATCH = "/patches/{patch}/"
_CHANGES_PATCH = "For maintainers, and for who sent the patch. A body without `state` changes nothing."
_CHANGES_SERIES = "For maintainers. A body without `reviewer` changes nothing."
_REPORTS = "For maintainers, and for tokens whose tests fit. `pending` says that a test has begun; posting the same \
`test_name` again replaces its result, and keeps `url` and `summary` where they are left out."


def all_operations() -> Iterator[Operation]:
    """Every operation but HEAD and OPTIONS, which follow from the others."""
    yield from _events()
    yield from _series()
    yield from _revisions()
    yield from _patches()
    yield from _bulk()
    yield from _projects()
    yield from _about()


def _events() -> Iterator[Operation]:
    yield _feed("/projects/{project}/events/", "listEvents", "Follow the events of a project", ())
    yield _feed("/events/", "listAllEvents", "Follow the events of all projects", ("filter_project",))


def _feed(path: str, name: str, summary: str, filters: tuple[str, ...]) -> Operation:
    return Operation(
        method="get",
        path=path,
        tag="Events",
        name=name,
        summary=summary,
        text="With `after` and `wait` the feed is followed without gaps: ask, handle what comes, go on at the URL in "
        "the `Link` header; it holds for ever. Without `after` it is a list by pages, the newest event first.",
        query=(*filters, *OF_EVENTS, *EXPANDED_LIST),
        answers=page("Event", "Link"),
    )


def _series() -> Iterator[Operation]:
    yield _listing("Series", "/series/", "listSeries", "All series", ("filter_project", *OF_SERIES))
    yield _listing("Series", "/projects/{project}/series/", "listProjectSeries", "The series of a project", OF_SERIES)
    yield _reading("Series", _SERIES, "getSeries", "One series", ("related",), one("Series"), moves=True)
    yield _changing("patch", _SERIES, "Series", "changeSeries", "Say who reviews a series", _CHANGES_SERIES)
    yield _changing("put", _SERIES, "Series", "putSeries", "The same as PATCH", _CHANGES_SERIES)
    comments = page("Comment")
    yield _reading(
        "Series", f"{_SERIES}comments/", "listSeriesComments", "What was said", EXPANDED_LIST, comments, moves=True
    )


def _revisions() -> Iterator[Operation]:
    results = array("TestResult", "The last result of each test, by name.", "ETag")
    yield _reading(
        "Revisions",
        f"{_SERIES}revisions/",
        "listRevisions",
        "The revisions of a series",
        EXPANDED_LIST,
        page("Revision"),
        moves=True,
    )
    yield _reading("Revisions", _REVISION, "getRevision", "One revision", ("related",), one("Revision"), moves=True)
    yield _reading(
        "Revisions",
        f"{_REVISION}mbox/",
        "getRevisionMbox",
        "Its patches for `git am`",
        ("link",),
        mbox(),
        moves=True,
        is_redactable=True,
    )
    path = f"{_REVISION}test-results/"
    yield _reading("Revisions", path, "listRevisionResults", "Its test results", (), results, moves=True)
    yield _reporting("Revisions", path, "postRevisionResult", "Post a test result")
    yield Operation(
        method="post",
        path=f"{_REVISION}newrevision/",
        tag="Revisions",
        name="rerunRevision",
        summary="Have it tested again",
        text="For maintainers, and for who sent it. A copy of the revision becomes the next one of the series, with an "
        "event of its own and no results. 409 for a revision that is not complete.",
        body="Rerun",
        is_repeatable=True,
        answers={"201": shown("The new revision.", as_json(ref("Revision")), "Location")},
    )


def _patches() -> Iterator[Operation]:
    results = array("TestResult", "The last result of each test, by name.", "ETag")
    yield _listing("Patch", "/patches/", "listPatches", "All patches", ("filter_project", *OF_PATCHES))
    yield _listing("Patch", "/projects/{project}/patches/", "listProjectPatches", "Those of a project", OF_PATCHES)
    yield _reading("Patches", _PATCH, "getPatch", "One patch", ("related",), one("Patch"), is_redactable=True)
    yield _changing("patch", _PATCH, "Patch", "changePatch", "Move a patch to another state", _CHANGES_PATCH)
    yield _changing("put", _PATCH, "Patch", "putPatch", "The same as PATCH", _CHANGES_PATCH)
    yield _reading(
        "Patches", f"{_PATCH}mbox/", "getPatchMbox", "It for `git am`", ("link",), mbox(), is_redactable=True
    )
    yield _reading("Patches", f"{_PATCH}test-results/", "listPatchResults", "Its test results", (), results)
    yield _reporting("Patches", f"{_PATCH}test-results/", "postPatchResult", "Post a test result")
    comments = page("Comment")
    yield _reading("Patches", f"{_PATCH}comments/", "listPatchComments", "What was said", EXPANDED_LIST, comments)


def _bulk() -> Iterator[Operation]:
    yield Operation(
        method="post",
        path="/projects/{project}/patches/states/",
        tag="Patches",
        name="changePatchStates",
        summary="Move many patches to another state",
        text="By the Message-IDs of their mails. Each that may be changed is; the answer says what became of which.",
        body="PatchStates",
        is_repeatable=True,
        answers=array("ChangedPatch", "What became of each, in the order in which they were named."),
    )
    yield Operation(
        method="post",
        path="/projects/{project}/commits/",
        tag="Patches",
        name="reportCommits",
        summary="Say which commits were pushed",
        text="For maintainers. The patches that they came by, found by `git patch-id`, become Accepted.",
        body="Commits",
        is_repeatable=True,
        answers=array("MatchedCommit", "What became of each, in the order in which they were named."),
    )


def _projects() -> Iterator[Operation]:
    yield _reading("Projects", "/projects/", "listProjects", "All projects", LIST, page("Project"))
    yield _reading("Projects", "/projects/{project}/", "getProject", "One project", (), one("Project"))


def _about() -> Iterator[Operation]:
    yield _reading("About", "/", "getApi", "The revision of the API", (), one("Api"))
    document = {"200": shown("The OpenAPI document.", as_json({"type": "object"}), "ETag")}
    yield _reading("About", "/openapi.json", "getOpenApi", "This description", (), document)


def _reading(
    tag: str,
    path: str,
    name: str,
    summary: str,
    query: tuple[str, ...],
    answers: dict[str, Answer],
    *,
    moves: bool = False,
    is_redactable: bool = False,
) -> Operation:
    return Operation(
        method="get",
        path=path,
        tag=tag,
        name=name,
        summary=summary,
        query=query,
        answers=answers,
        moves=moves,
        is_redactable=is_redactable,
    )


def _listing(kind: str, path: str, name: str, summary: str, filters: tuple[str, ...]) -> Operation:
    tag = "Series" if kind == "Series" else "Patches"
    return _reading(tag, path, name, summary, (*filters, *EXPANDED_LIST), page(kind))


def _changing(method: str, path: str, kind: str, name: str, summary: str, text: str) -> Operation:
    return Operation(
        method=method,
        path=path,
        tag="Series" if kind == "Series" else "Patches",
        name=name,
        summary=summary,
        text=text,
        query=("related",),
        body=f"{kind}Change",
        is_redactable=kind == "Patch",
        answers={"200": shown("As it is now.", as_json(ref(kind)))},
    )


def _reporting(tag: str, path: str, name: str, summary: str) -> Operation:
    return Operation(
        method="post",
        path=path,
        tag=tag,
        name=name,
        summary=summary,
        text=_REPORTS,
        body="TestResult",
        is_repeatable=True,
        answers={"201": shown("The result as it is stored.", as_json(ref("TestResult")), "Location")},
    )

"""What readers ask of a read model made by `bench.scale_rows`, by what it is and with which bound it has to keep."""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlencode

from bench.scale_rows import (
    LINKNAMES,
    RARE_EVENT,
    RARE_PERSON,
    RARE_STATE,
    RARE_TEST_STATE,
    RARE_WORD,
    REVIEWERS,
    Landmarks,
)

DEEP_PAGE = 40_000
API = "/api/1.0"
PROJECT = f"{API}/projects/{LINKNAMES[0]}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Asked = dict[str, dict[str, object]]
"""Parameters, by what is asked with them."""


class Bound(Enum):
    """What may be asked of a question's CPU."""

    RATIO = "at most 1.5 times that of the small read model"
    DEEP = "at most 150 ms"
    LINEAR = "as long as the rows that match"


class Question(NamedTuple):
    """A path to ask for."""

    what: str
    path: str
    bound: Bound = Bound.RATIO


def questions(marks: Landmarks) -> list[Question]:
    """All of them; the same ones, by `what`, for read models of every size."""
    return [*_lists(marks), *_details(marks), *_feed(marks), *_linear()]


def deep_questions() -> list[Question]:
    """A page far behind the first of every list that is long enough."""
    paths = {
        "series": f"{API}/series/",
        "series, oldest first": f"{API}/series/?ordering=id",
        "series by last update": f"{API}/series/?ordering=-last_updated",
        "patches": f"{API}/patches/",
        "patches, newest first": f"{API}/patches/?ordering=-date",
        "patches by last update": f"{API}/patches/?ordering=-last_updated",
        "patches, expanded": f"{API}/patches/?related=expand",
        "a project's patches": f"{PROJECT}/patches/",
        "a project's events": f"{PROJECT}/events/",
        "patches in one state": f"{API}/patches/?state=9",
    }
    found = [
        Question(f"page {DEEP_PAGE}: {what}", _with(path, page=DEEP_PAGE), Bound.DEEP) for what, path in paths.items()
    ]
    series = f"{PROJECT}/series/"
    return [*found, Question("page 30000: a project's series", _with(series, page=30_000), Bound.DEEP)]


def _lists(marks: Landmarks) -> list[Question]:
    late, early = _time(marks.late_us), _time(marks.early_us)
    common: Asked = {
        "": {},
        "expanded": {"related": "expand"},
        "of a submitter": {"submitter": RARE_PERSON},
        "by a part of the name": {"name": RARE_WORD},
        "by the name in capitals": {"name": RARE_WORD.upper()},
        "submitted since": {"submitted_since": late},
        "submitted before": {"submitted_before": early},
        "updated since": {"updated_since": late},
        "updated before": {"updated_before": early},
        "by last update": {"ordering": "-last_updated"},
    }
    of_series: Asked = {
        **common,
        "of a reviewer": {"reviewer": REVIEWERS[0]},
        "incomplete": {"state": "incomplete"},
        "that failed": {"test_state": RARE_TEST_STATE},
        "by the patch's Message-ID": {"msgid": marks.patch_msgid},
        "by the cover's Message-ID": {"msgid": marks.cover_msgid},
    }
    of_patches: Asked = {
        **common,
        "in a rare state": {"state": RARE_STATE},
        "in rare states": {"state": f"{RARE_STATE},10"},
        "by Message-ID": {"msgid": marks.patch_msgid},
        "newest first": {"ordering": "-date"},
    }
    found = [Question("projects", f"{API}/projects/")]
    for kind, asked in (("series", of_series), ("patches", of_patches)):
        for name, path in ((kind, f"{API}/{kind}/"), (f"a project's {kind}", f"{PROJECT}/{kind}/")):
            found += [Question(" ".join((name, what)).strip(), _with(path, **more)) for what, more in asked.items()]
    return found


def _details(marks: Landmarks) -> list[Question]:
    series, patch = f"{API}/series/{marks.series}", f"{API}/patches/{marks.patch}"
    revision = f"{series}/revisions/{marks.version}"
    paths = {
        "a project": f"{PROJECT}/",
        "a series": f"{series}/",
        "a series, expanded": f"{series}/?related=expand",
        "its revisions": f"{series}/revisions/",
        "its revisions, expanded": f"{series}/revisions/?related=expand",
        "its comments": f"{series}/comments/",
        "a revision": f"{revision}/",
        "its mbox": f"{revision}/mbox/",
        "its test results": f"{revision}/test-results/",
        "a patch": f"{patch}/",
        "a patch, expanded": f"{patch}/?related=expand",
        "a patch's mbox": f"{patch}/mbox/",
        "a patch's comments": f"{patch}/comments/",
        "a patch's test results": f"{patch}/test-results/",
        "page of a series": f"/series/{marks.series}/",
        "page of a patch": f"/patch/{marks.patch}/",
        "page of a project": f"/project/{LINKNAMES[0]}/series/",
    }
    return [Question(what, path) for what, path in paths.items()]


def _feed(marks: Landmarks) -> list[Question]:
    events, late = f"{PROJECT}/events/", _time(marks.late_event_us)
    asked: Asked = {
        "events": {},
        "events, expanded": {"related": "expand"},
        "events since": {"since": late},
        "events since, oldest first": {"since": late, "ordering": "event_time"},
        "events behind one in the middle": {"after": marks.middle_event},
        "events behind a late one": {"after": marks.late_event},
        "events behind the first": {"after": 0},
        "events of a rare name": {"name": RARE_EVENT},
        "events of a rare name since": {"name": RARE_EVENT, "since": late},
        "events of a frequent name since": {"name": "series-new-revision", "since": late},
        "events of two names since": {"name": "series-new-revision,patch-state-change", "since": late},
        "events of two rare names": {"name": f"pull-request-new,{RARE_EVENT}"},
        "events of a rare name behind one": {"name": RARE_EVENT, "after": marks.middle_event},
        "events of two names behind one": {"name": f"series-new-revision,{RARE_EVENT}", "after": marks.middle_event},
        "events of a frequent name behind one": {"name": "patch-new", "after": marks.middle_event},
        "events of a series": {"series": marks.series},
        "events of a series by name": {"series": marks.series, "name": "comment-new"},
        "events of a patch": {"patch": marks.patch},
        "events of a patch by name": {"patch": marks.patch, "name": "patch-new"},
        "events of a series behind one": {"series": marks.series, "after": marks.series},
    }
    return [Question(what, _with(events, **more)) for what, more in asked.items()]


def _linear() -> list[Question]:
    """Filters that match many rows, which are counted."""
    patches, series, events = f"{API}/patches/", f"{API}/series/", f"{PROJECT}/events/"
    asked: dict[str, tuple[str, dict[str, object]]] = {
        "patches in a frequent state": (patches, {"state": 1}),
        "patches in two frequent states": (patches, {"state": "1,9"}),
        "a project's patches in a frequent state": (f"{PROJECT}/patches/", {"state": 1}),
        "patches submitted since ever": (patches, {"submitted_since": "2000-01-01"}),
        "patches by a frequent part of the name": (patches, {"name": "buffer"}),
        "patches by two letters": (patches, {"name": "xy"}),
        "series of a frequent reviewer": (series, {"reviewer": REVIEWERS[1]}),
        "series without a reviewer": (series, {"reviewer": "null"}),
        "series in a frequent state": (series, {"state": "initial"}),
        "series that succeeded": (series, {"test_state": "success"}),
        "series by a frequent part of the name": (series, {"name": "buffer"}),
        "events of a frequent name": (events, {"name": "series-new-revision"}),
        "events of two frequent names": (events, {"name": "series-new-revision,comment-new"}),
        "events since ever": (events, {"since": "2000-01-01"}),
    }
    return [Question(what, _with(path, **more), Bound.LINEAR) for what, (path, more) in asked.items()]


def _with(path: str, **parameters: object) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(parameters)}" if parameters else path


def _time(us: int) -> str:
    return (_EPOCH + timedelta(microseconds=us)).replace(tzinfo=None).isoformat()

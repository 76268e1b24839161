"""Every case of tests/corpus comes to what is expected of it, whatever the order in which its mails arrive."""

from typing import Any

import msgspec
import pytest

from ingest.message import parse
from tests.projector.corpus.cases import RECEIVED, Case, ExpectedSeries, case_names, read_case
from tests.projector.corpus.orders import GIVEN, Outcome, arrive, orders
from tests.projector.fold.invariants import check


@pytest.mark.parametrize("name", case_names())
def test_case(name: str, database_url: str) -> None:
    case, mails = read_case(name)
    ways = orders(mails)
    world = arrive(database_url, ways)
    tables = world.everything()
    for order in ways:
        outcome = Outcome(tables, order)
        assert _series(outcome) == sorted(map(_expected, case.series), key=repr), f"series, {order}"
        _compare_mails(case, outcome, order)
        assert outcome.may_follow() == [(mail, to) for mail, to in sorted(case.may_follow.items())], f"order {order}"
        announced = outcome.events("series-new-revision")
        complete = [revision for row in case.series for revision in row.revisions if revision.complete]
        assert len(announced) == len(complete), f"announcements, {order}"
    _compare_given_numbers(case, Outcome(tables, GIVEN))
    for count, n in case.counts.items():
        assert {row["name"]: row["n"] for row in tables["count"]}.get(count, 0) == n * len(ways), count
    check(world)
    world.close()


@pytest.mark.parametrize("name", [name for name in case_names() if read_case(name)[0].parsed])
def test_reading_of_case(name: str) -> None:
    case, mails = read_case(name)
    read = {parsed.message_id: parsed for parsed in (parse(mail.raw, RECEIVED) for mail in mails)}
    for message_id, fields in case.parsed.items():
        found = msgspec.json.decode(msgspec.json.encode({field: getattr(read[message_id], field) for field in fields}))
        assert found == fields, message_id


def test_every_case_has_mails_and_an_expectation_that_says_what_it_is_about() -> None:
    for name in case_names():
        case, mails = read_case(name)
        assert mails, name
        assert case.about.endswith("."), name


def _compare_mails(case: Case, outcome: Outcome, order: str) -> None:
    kinds, comments, names, links = outcome.kinds(), outcome.comments(), outcome.names(), outcome.links()
    assert {id: kinds.get(id) for id in case.kinds} == case.kinds, f"kinds, {order}"
    assert {id: comments.get(id, "no comment") for id in case.comments} == case.comments, f"comments, {order}"
    assert {id: names.get(id) for id in case.names} == case.names, f"names, {order}"
    pulls = [msgspec.json.decode(row["parameters"])["pull_url"] for row in outcome.events("pull-request-new")]
    assert sorted(pulls) == sorted(case.pulls), f"pull requests, {order}"
    for id, expected in case.links.items():
        mails, rule = links[id] or (set(), None)
        assert rule == (expected.rule if expected else None), f"link of {id}, {order}: {mails}"
        assert expected is None or expected.to in mails, f"link of {id}, {order}: {mails}"


def _series(outcome: Outcome) -> list[tuple[Any, ...]]:
    found = []
    for row in outcome.series():
        revisions = [(each["cover"], each["patches"], each["complete"]) for each in row["revisions"]]
        found.append((row["name"], row["n_patches"], row["state"], revisions))
    return sorted(found, key=repr)


def _expected(series: ExpectedSeries) -> tuple[Any, ...]:
    """What is not given of a series is as its last revision has it."""
    last = series.revisions[-1]
    n_patches = len(last.patches) if series.n_patches is None else series.n_patches
    state = series.state or ("initial" if last.complete else "incomplete")
    return (series.name, n_patches, state, [(each.cover, each.patches, each.complete) for each in series.revisions])


def _compare_given_numbers(case: Case, outcome: Outcome) -> None:
    expected = [[each.version or number for number, each in enumerate(series.revisions, 1)] for series in case.series]
    found = [[each["version"] for each in row["revisions"]] for row in outcome.series()]
    assert sorted(found) == sorted(expected), "numbers of revisions"

"""Projects on the log: what is refused before it is written, and what the log adds up to."""

from datetime import UTC, datetime

import pytest

from patchlog.desk import Known
from patchlog.projects import check_fields, read_aliases, read_origins, read_rewriters, read_states
from projector.outcomes import CONFLICT, DONE, TARGET_GONE
from schemas.fact import Fact
from schemas.records import LogOpened, ProjectAdded, ProjectChanged, Record

AT = datetime(2026, 1, 1, tzinfo=UTC)


def added(
    linkname: str = "demo", listid: str = "demo.example.org", listemail: str = "demo@example.org"
) -> ProjectAdded:
    return ProjectAdded(linkname=linkname, name="Demo", listid=listid, listemail=listemail)


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(added(), id="all usual"),
        pytest.param(added(linkname="b.a.t.m.a.n"), id="dots in the linkname"),
        pytest.param(ProjectChanged(linkname="demo"), id="a change of nothing"),
    ],
)
def test_fields_that_can_be_meant(fact: ProjectAdded | ProjectChanged) -> None:
    check_fields(fact)


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        pytest.param(added(linkname="two words"), "linkname", id="linkname with a blank"),
        pytest.param(added(linkname="a/b"), "linkname", id="linkname with a slash"),
        pytest.param(added(linkname="17"), "linkname", id="linkname like an id"),
        pytest.param(added(linkname=""), "linkname", id="no linkname"),
        pytest.param(added(listid="demo@example.org"), "listid", id="an address for a list id"),
        pytest.param(added(listid="demo"), "listid", id="a list id without a dot"),
        pytest.param(added(listemail="demo.example.org"), "listemail", id="a list id for an address"),
        pytest.param(ProjectChanged(linkname="demo", listemail="nobody"), "listemail", id="a change"),
    ],
)
def test_fields_that_cannot_be_meant(fact: ProjectAdded | ProjectChanged, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: expected "):
        check_fields(fact)


def test_states_are_read_as_they_are_called() -> None:
    assert read_states("rfc, changes-requested,RFC,") == ("RFC", "Changes Requested")
    assert read_states("") == ()


@pytest.mark.parametrize("text", ["good", "RFC,accepted"])
def test_states_that_cannot_be_given_away(text: str) -> None:
    with pytest.raises(ValueError, match=r"^submitter-states: expected some of New, Under Review, Rejected, "):
        read_states(text)


def test_where_a_list_delivers_from() -> None:
    assert read_origins(("*@Lists.example.org", "x@y.org", "192.0.2.0/24", "")) == (
        "@lists.example.org",
        "x@y.org",
        "192.0.2.0/24",
    )
    with pytest.raises(ValueError, match=r"^from-list: expected networks"):
        read_origins(("lists.example.org",))


def test_whose_rewriting_is_undone() -> None:
    assert read_rewriters(("@Relay.example.org", "l@example.org", "")) == ("@relay.example.org", "l@example.org")
    with pytest.raises(ValueError, match=r"^rewriter: expected an address"):
        read_rewriters(("relay.example.org",))


def test_the_log_adds_up_to_the_projects() -> None:
    facts: list[Fact] = [
        LogOpened(),
        added("zeta"),
        added("demo"),
        ProjectChanged(linkname="demo", name="Demonstration"),
        added("demo"),
        ProjectChanged(linkname="unknown", name="Nobody"),
    ]
    known = Known()
    for number, fact in enumerate(facts, start=1):
        known.fold(Record(number, AT, fact))
    projects = {id: (project.settings.linkname, project.settings.name) for id, project in known.projects.by_id.items()}
    assert projects == {2: ("zeta", "Demo"), 3: ("demo", "Demonstration")}
    assert {id: outcome.status for id, outcome in known.outcomes.items()} == {
        2: DONE, 3: DONE, 4: DONE, 5: CONFLICT, 6: TARGET_GONE,
    }  # fmt: skip


def test_aliases_are_pairs_of_addresses_in_lower_case() -> None:
    assert read_aliases(("Ada@Old.example=ada@new.example",)) == {"ada@old.example": "ada@new.example"}
    with pytest.raises(ValueError, match="expected OLD=NEW"):
        read_aliases(("ada@old.example",))

"""Who may do what."""

import pytest

from projector.assembly.keys import key
from projector.rights import Actor, Token, User, refuse_change, refuse_entry, refuse_report, refuse_state

ADA = User(1, "ada", emails=("ada@example.org",), maintainer_of=("demo",))
CI = User(2, "ci")


def token(**fields: object) -> Token:
    return Token(9, 1, "t", **fields)  # type: ignore[arg-type]  # by name


SUBMITTER = Actor(User(9, "sub", ("sub@example.org",)))


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        pytest.param(Actor(ADA), None, id="password"),
        pytest.param(Actor(ADA, token()), None, id="token"),
        pytest.param(Actor(ADA, token(expires_us=101)), None, id="token that ends later"),
        pytest.param(Actor(ADA, token(expires_us=100)), "Token t has expired.", id="token that ends now"),
        pytest.param(Actor(ADA, token(revoked=True)), "Token t was revoked.", id="revoked"),
        pytest.param(Actor(User(1, "ada", active=False)), "User ada is not active.", id="inactive"),
        pytest.param(Actor(User(1, "ada", active=False), token()), "User ada is not active.", id="inactive with token"),
    ],
)
def test_who_is_somebody(actor: Actor, refusal: str | None) -> None:
    assert refuse_entry(actor, 100) == refusal


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        pytest.param(Actor(ADA), True, id="maintainer"),
        pytest.param(Actor(CI), False, id="no maintainer"),
        pytest.param(Actor(ADA, token()), True, id="maintainer's token"),
        pytest.param(Actor(CI, token()), False, id="token of no maintainer"),
        pytest.param(Actor(CI, token(tests=("ci/*",))), True, id="token for tests"),
        pytest.param(Actor(CI, token(tests=("x", "ci/[a-c]*"))), True, id="token for one of several"),
        pytest.param(Actor(ADA, token(tests=("x",))), False, id="maintainer's token for another test"),
        pytest.param(Actor(CI, token(tests=("CI/*",))), False, id="token for a name in capitals"),
        pytest.param(Actor(CI, token(tests=("ci/*",), projects=("demo",))), True, id="token for tests of the project"),
        pytest.param(Actor(CI, token(tests=("ci/*",), projects=("two",))), False, id="token for tests of another"),
        pytest.param(Actor(ADA, token(projects=("two",))), False, id="maintainer's token for another project"),
    ],
)
def test_who_may_report_a_result(actor: Actor, may: bool) -> None:
    assert (refuse_report(actor, "demo", "ci/build") is None) == may


@pytest.mark.parametrize(
    ("actor", "submitter", "may"),
    [
        pytest.param(Actor(ADA), None, True, id="maintainer"),
        pytest.param(Actor(CI), None, False, id="no maintainer"),
        pytest.param(Actor(User(3, "a", ("ada@example.org",))), "ada@example.org", True, id="submitter"),
        pytest.param(Actor(User(3, "a", ("a@example.org",))), "ada@example.org", False, id="other than the submitter"),
        pytest.param(Actor(User(3, "a", ("ada@example.org",))), None, False, id="submitter where only maintainers may"),
        pytest.param(Actor(ADA, token(projects=("demo", "two"))), None, True, id="token for the project"),
        pytest.param(Actor(ADA, token(projects=("two",))), "ada@example.org", False, id="token for another project"),
        pytest.param(Actor(ADA, token(tests=("*",))), "ada@example.org", False, id="token for tests"),
    ],
)
def test_who_may_change_something(actor: Actor, submitter: str | None, may: bool) -> None:
    assert (refuse_change(actor, "demo", None if submitter is None else key(submitter)) is None) == may


@pytest.mark.parametrize(
    ("actor", "state", "own_states", "may"),
    [
        pytest.param(Actor(ADA), "Accepted", None, True, id="maintainer"),
        pytest.param(SUBMITTER, "Rejected", None, True, id="submitter"),
        pytest.param(SUBMITTER, "Accepted", None, False, id="submitter who accepts"),
        pytest.param(SUBMITTER, "New", None, False, id="submitter who opens it again"),
        pytest.param(SUBMITTER, "New", ("New",), True, id="submitter, as the project says"),
        pytest.param(SUBMITTER, "RFC", (), False, id="submitter, nothing"),
        pytest.param(SUBMITTER, None, (), True, id="submitter, not known yet"),
        pytest.param(Actor(CI), "RFC", None, False, id="anybody else"),
    ],
)
def test_who_may_set_a_state(actor: Actor, state: str | None, own_states: tuple[str, ...] | None, may: bool) -> None:
    assert (refuse_state(actor, "demo", key("sub@example.org"), state, own_states) is None) == may


def test_a_refusal_names_what_submitters_may_set() -> None:
    said = refuse_state(SUBMITTER, "demo", key("sub@example.org"), "Accepted", ("RFC", "Deferred"))
    assert said == "Submitters of project demo may set RFC, Deferred, not Accepted."

"""Who may do what: pure rules over users, tokens and what they want to change.

A rule gives the sentence by which it refuses, None where it has nothing against it.
"""

from collections.abc import Collection
from fnmatch import fnmatchcase

import msgspec

from projector.assembly.keys import key
from projector.assembly.states import OWN_STATES


class User(msgspec.Struct, frozen=True):
    """Somebody who may come with a password or a token. maintainer_of: linknames of projects; emails in lower case."""

    id: int
    name: str
    emails: tuple[str, ...] = ()
    maintainer_of: tuple[str, ...] = ()
    active: bool = True


class Token(msgspec.Struct, frozen=True):
    """By what a user's program comes. No projects: all; no tests: not confined to results. Times in microseconds."""

    id: int
    user: int
    name: str
    projects: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    expires_us: int | None = None
    revoked: bool = False


class Actor(msgspec.Struct, frozen=True):
    """Who wants something: a user, and the token by which the user came (None: with a password)."""

    user: User
    token: Token | None = None


def refuse_entry(actor: Actor, now_us: int) -> str | None:
    """Why somebody is nobody here (any more)."""
    if not actor.user.active:
        return f"User {actor.user.name} is not active."
    token = actor.token
    if token is not None and token.revoked:
        return f"Token {token.name} was revoked."
    if token is not None and token.expires_us is not None and token.expires_us <= now_us:
        return f"Token {token.name} has expired."
    return None


def refuse_report(actor: Actor, linkname: str, test_name: str) -> str | None:
    """Why somebody may not report a result of a test. An operator who issues a token for tests lets it report them,
    whoever its user is; without one a maintainer may.
    """
    refusal = _refuse_project(actor, linkname)
    if refusal is not None:
        return refusal
    token = actor.token
    if token is None or not token.tests:
        return _refuse_all_but_maintainers(actor, linkname)
    if any(fnmatchcase(test_name, pattern) for pattern in token.tests):
        return None
    return f"Token {token.name} is for tests called {' or '.join(token.tests)}, not {test_name!r}."


def refuse_change(actor: Actor, linkname: str, submitter: bytes | None = None) -> str | None:
    """Why somebody may not change something of a project.

    submitter: the key of the address whose own it is to change too.
    """
    refusal = _refuse_project(actor, linkname) or _refuse_tests_only(actor)
    if refusal is None and (submitter is None or submitter not in map(key, actor.user.emails)):
        refusal = _refuse_all_but_maintainers(actor, linkname)
    return refusal


def refuse_state(
    actor: Actor, linkname: str, submitter: bytes, state: str | None, own_states: Collection[str] | None
) -> str | None:
    """Why somebody may not give a patch another state.

    submitter: the key of the address whose patch it is; state: its name, None while it is not known which is wanted;
    own_states: those that the project lets submitters set on their own patches, None: OWN_STATES.
    """
    refusal = refuse_change(actor, linkname, submitter)
    if refusal is not None or state is None or linkname in actor.user.maintainer_of:
        return refusal
    allowed = OWN_STATES if own_states is None else own_states
    if state in allowed:
        return None
    return f"Submitters of project {linkname} may set {', '.join(allowed) or 'no state'}, not {state}."


def _refuse_project(actor: Actor, linkname: str) -> str | None:
    token = actor.token
    if token is None or not token.projects or linkname in token.projects:
        return None
    return f"Token {token.name} is for {', '.join(token.projects)}, not for project {linkname}."


def _refuse_tests_only(actor: Actor) -> str | None:
    token = actor.token
    return f"Token {token.name} is for test results alone." if token is not None and token.tests else None


def _refuse_all_but_maintainers(actor: Actor, linkname: str) -> str | None:
    if linkname in actor.user.maintainer_of:
        return None
    return f"User {actor.user.name} is not a maintainer of project {linkname}."

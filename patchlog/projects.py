"""Projects as the command line takes and shows them."""

import re
from typing import TYPE_CHECKING, Any

import msgspec

from projector.assembly.states import ACCEPTED, STATES, find_state
from schemas.networks import read_networks
from schemas.records import ProjectAdded, ProjectChanged

if TYPE_CHECKING:
    from projector.fold.projects import Project

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
LIST_ID = re.compile(r"[^\s<>@,]+\.[^\s<>@,]+")
ADDRESS = re.compile(r"[^\s<>@,]+@[^\s<>@,]+")


def check_fields(fact: ProjectAdded | ProjectChanged) -> None:
    """Raise ValueError in one sentence for a field that cannot be meant. UNSET fields are none."""
    rules = (
        ("linkname", SLUG, "at most 100 letters, digits, '-', '_' and '.', as it stands in URLs, and not digits alone"),
        ("listid", LIST_ID, "what stands in the list's List-Id field between < and >, such as demo.example.org"),
        ("listemail", ADDRESS, "the list's address, such as demo@example.org"),
    )
    for name, pattern, expected in rules:
        value = getattr(fact, name)
        if value is not msgspec.UNSET and (not pattern.fullmatch(value) or (name == "linkname" and value.isdecimal())):
            raise ValueError(f"{name}: expected {expected}; came {value!r}")


def read_aliases(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read OLD=NEW pairs of addresses, in lower case. Raises ValueError for what is no such pair."""
    aliases = {}
    for pair in pairs:
        old, _, new = pair.lower().partition("=")
        if not ADDRESS.fullmatch(old) or not ADDRESS.fullmatch(new):
            raise ValueError(f"author-alias: expected OLD=NEW such as ada@old.example=ada@new.example; came {pair!r}")
        aliases[old] = new
    return aliases


def read_origins(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Read envelope senders, domains behind an @, and networks. Raises ValueError for what is none of them."""
    given = tuple(dict.fromkeys(filter(None, (pattern.strip().lower().removeprefix("*") for pattern in patterns))))
    for pattern in given:
        if not ADDRESS.fullmatch(pattern) and not ADDRESS.fullmatch(f"x{pattern}"):
            read_networks("from-list", pattern)
    return given


def read_rewriters(names: tuple[str, ...]) -> tuple[str, ...]:
    """Read addresses, and domains behind an @. Raises ValueError for what is neither."""
    given = tuple(dict.fromkeys(filter(None, (name.strip().lower() for name in names))))
    for name in given:
        if not ADDRESS.fullmatch(name) and not ADDRESS.fullmatch(f"x{name}"):
            raise ValueError(f"rewriter: expected an address, or a domain such as @relay.example.org; came {name!r}")
    return given


def read_states(text: str) -> tuple[str, ...]:
    """Read names of states, between commas. Raises ValueError for what is no state, and for Accepted."""
    states = []
    for word in filter(None, map(str.strip, text.split(","))):
        state = find_state(word)
        if state is None or state.name == ACCEPTED:
            names = ", ".join(state.name for state in STATES if state.name != ACCEPTED)
            raise ValueError(f"submitter-states: expected some of {names}; came {word!r}")
        states.append(state.name)
    return tuple(dict.fromkeys(states))


def project_document(project: "Project") -> dict[str, Any]:
    """A project with all its settings, for `--json`."""
    settings = project.settings
    return {"id": project.id, **{name: getattr(settings, name) for name in settings.__struct_fields__}}

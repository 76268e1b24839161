"""Projects as the log has them: what the read model shows, or a fold over the log where there is none."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from patchlog.stores import all_records
from schemas.records import ProjectAdded, ProjectChanged, Record

if TYPE_CHECKING:
    from ingest.log import Log
    from projector.readmodel.generations import Reader
    from projector.readmodel.queries.project_list import ListedProject

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
LIST_ID = re.compile(r"[^\s<>@,]+\.[^\s<>@,]+")
ADDRESS = re.compile(r"[^\s<>@,]+@[^\s<>@,]+")


def check_fields(fact: ProjectAdded | ProjectChanged) -> None:
    """Raise ValueError in one sentence for a field that cannot be meant. UNSET fields are none."""
    rules = (
        ("linkname", SLUG, "letters, digits, '-', '_' and '.', as it stands in URLs, and not digits alone"),
        ("listid", LIST_ID, "what stands in the list's List-Id field between < and >, such as demo.example.org"),
        ("listemail", ADDRESS, "the list's address, such as demo@example.org"),
    )
    for name, pattern, expected in rules:
        value = getattr(fact, name)
        if value is not msgspec.UNSET and (not pattern.fullmatch(value) or (name == "linkname" and value.isdecimal())):
            raise ValueError(f"{name}: expected {expected}; came {value!r}")


def known_projects(log: "Log", reader: "Reader") -> list["ListedProject"]:
    """All projects by linkname: those of the read model, with what the log says since; of the log alone without one."""
    from projector.readmodel.generations import NoReadModel
    from projector.readmodel.queries.project_list import list_all_projects
    from projector.readmodel.queries.status import read_position

    try:
        with reader.connect() as connection:
            projects, position = list_all_projects(connection), read_position(connection)
    except NoReadModel:
        projects, position = [], 0
    return fold_projects(projects, all_records(log, position))


def fold_projects(projects: Iterable["ListedProject"], records: Iterable[Record]) -> list["ListedProject"]:
    """Add what the records say to the projects. A taken linkname and an unknown one have no effect."""
    from projector.readmodel.queries.project_list import ListedProject

    by_linkname = {project.linkname: project for project in projects}
    for record in records:
        fact = record.fact
        if isinstance(fact, ProjectAdded) and fact.linkname not in by_linkname:
            shown = {name: getattr(fact, name) for name in ListedProject.__struct_fields__ if name != "id"}
            by_linkname[fact.linkname] = ListedProject(id=record.id, **shown)
        elif isinstance(fact, ProjectChanged) and fact.linkname in by_linkname:
            changes = {name: getattr(fact, name) for name in ListedProject.__struct_fields__ if name != "id"}
            given = {name: value for name, value in changes.items() if value is not msgspec.UNSET}
            by_linkname[fact.linkname] = msgspec.structs.replace(by_linkname[fact.linkname], **given)
    return [by_linkname[linkname] for linkname in sorted(by_linkname)]

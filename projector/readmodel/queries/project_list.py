"""The projects as the command line shows them."""

import msgspec
from sqlalchemy import Connection, select

from projector.readmodel.tables import project


class ListedProject(msgspec.Struct, frozen=True, kw_only=True):
    """id: the record of its ProjectAdded."""

    id: int
    linkname: str
    name: str
    listid: str
    listemail: str
    web_url: str
    scm_url: str
    webscm_url: str


def list_all_projects(connection: Connection) -> list[ListedProject]:
    """Give every project, by linkname."""
    columns = (
        project.c.id, project.c.linkname, project.c.name, project.c.listid, project.c.listemail, project.c.web_url,
        project.c.scm_url, project.c.webscm_url,
    )  # fmt: skip
    rows = connection.execute(select(*columns).order_by(project.c.linkname))
    return [ListedProject(**row) for row in rows.mappings()]

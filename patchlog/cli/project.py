"""`patchlog project`: which lists are read, and under which names."""

from collections.abc import Mapping

import click
import msgspec

from patchlog.cli.group import Commands
from schemas.settings import Settings

COMMANDS = {
    "add": "patchlog.cli.project:add_command",
    "list": "patchlog.cli.project:list_command",
    "set": "patchlog.cli.project:set_command",
}


@click.group("project", cls=Commands, lazy=COMMANDS)
def project_commands() -> None:
    """Say which lists are read, and under which names."""


@click.command("add")
@click.argument("linkname")
@click.option("--name", required=True, help="The name that people see.")
@click.option("--listid", required=True, metavar="ID", help="The list's id (List-Id), such as demo.example.org.")
@click.option("--listemail", required=True, metavar="ADDRESS", help="The list's address.")
@click.option("--web-url", default="", metavar="URL", help="The project's own page.")
@click.option("--scm-url", default="", metavar="URL", help="Its repository, to clone from.")
@click.option("--webscm-url", default="", metavar="URL", help="Its repository, to look at.")
@click.option("--subject-prefix-tags", default="", metavar="T,...", help="Take only mail with one of these [tags].")
@click.pass_obj
def add_command(settings: Settings, /, linkname: str, subject_prefix_tags: str, **fields: str) -> None:
    """Read a list as the project LINKNAME. Mail of the list that came before is read again.

    \b
    Example: patchlog project add demo --name Demo --listid demo.example.org --listemail demo@example.org
    """
    from patchlog.projects import check_fields, known_projects
    from patchlog.stores import opened_log, wait_until_folded
    from projector.readmodel.generations import Reader
    from schemas.records import ProjectAdded

    fact = msgspec.convert(_fields(linkname, subject_prefix_tags, fields), ProjectAdded)
    check_fields(fact)
    with opened_log(settings, make=True) as log:
        reader = Reader(settings.database_url)
        taken = {project.linkname: project.id for project in known_projects(log, reader)}
        if linkname in taken:
            raise click.ClickException(f"there is a project {linkname} already (record {taken[linkname]})")
        (record_id,) = log.append([fact])
        folded = wait_until_folded(reader, record_id)
        winner = {project.linkname: project.id for project in known_projects(log, reader)}[linkname]
        reader.close()
    if winner != record_id:
        raise click.ClickException(f"somebody else added a project {linkname} just before (record {winner})")
    click.echo(f"project {linkname} is record {record_id} of the log; {_progress(folded)}")


@click.command("set")
@click.argument("linkname")
@click.option("--name", help="The name that people see.")
@click.option("--listid", metavar="ID", help="The list's id (List-Id).")
@click.option("--listemail", metavar="ADDRESS", help="The list's address.")
@click.option("--web-url", metavar="URL", help="The project's own page.")
@click.option("--scm-url", metavar="URL", help="Its repository, to clone from.")
@click.option("--webscm-url", metavar="URL", help="Its repository, to look at.")
@click.option("--subject-prefix-tags", metavar="T,...", help="Take only mail with one of these [tags]; '' takes any.")
@click.pass_obj
def set_command(settings: Settings, /, linkname: str, subject_prefix_tags: str | None, **fields: str | None) -> None:
    """Change what is said of the project LINKNAME. What is not named stays.

    \b
    Example: patchlog project set demo --name "Demonstration" --web-url https://demo.example.org/
    """
    from patchlog.projects import check_fields, known_projects
    from patchlog.stores import opened_log, wait_until_folded
    from projector.readmodel.generations import Reader
    from schemas.records import ProjectChanged

    given = _fields(linkname, subject_prefix_tags, fields)
    if given.keys() == {"linkname"}:
        raise click.UsageError("nothing to change: give at least one option")
    fact = msgspec.convert(given, ProjectChanged)
    check_fields(fact)
    with opened_log(settings) as log:
        reader = Reader(settings.database_url)
        if linkname not in {project.linkname for project in known_projects(log, reader)}:
            raise click.ClickException(f"there is no project {linkname}")
        (record_id,) = log.append([fact])
        folded = wait_until_folded(reader, record_id)
        reader.close()
    click.echo(f"project {linkname} changed by record {record_id} of the log; {_progress(folded)}")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(settings: Settings, as_json: bool) -> None:
    """List the projects by linkname.

    \b
    Example: patchlog project list --json
    """
    from patchlog.projects import known_projects
    from patchlog.stores import opened_log
    from projector.readmodel.generations import Reader

    with opened_log(settings) as log:
        reader = Reader(settings.database_url)
        projects = known_projects(log, reader)
        reader.close()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(projects)))
        return
    for project in projects:
        click.echo(f"{project.linkname}\t{project.name}\t<{project.listid}>\t{project.listemail}")


def _fields(linkname: str, tags: str | None, fields: Mapping[str, str | None]) -> dict[str, object]:
    """What was given of a project, as its records have it: list id and address in lower case."""
    given: dict[str, object] = {name: text for name, text in fields.items() if text is not None}
    for name in ("listid", "listemail"):
        if text := fields.get(name):
            given[name] = text.strip("<>").lower()
    if tags is not None:
        given["subject_prefix_tags"] = [tag for tag in map(str.strip, tags.split(",")) if tag]
    return {"linkname": linkname, **given}


def _progress(folded: bool) -> str:
    return "the projector has read it" if folded else "a projector will read it when it runs"

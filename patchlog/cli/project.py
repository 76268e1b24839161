"""`patchlog project`: which lists are read, and under which names."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from patchlog.cli.group import Commands
from schemas.settings import Settings

if TYPE_CHECKING:
    from patchlog.desk import Desk, Said

COMMANDS = {
    "add": "patchlog.cli.project:add_command",
    "list": "patchlog.cli.project:list_command",
    "set": "patchlog.cli.project:set_command",
}
C = TypeVar("C", bound=Callable[..., Any])


def _with_fields(command: C) -> C:
    """Give a command the options that `add` and `set` share."""
    options = (
        click.option("--web-url", metavar="URL", help="The project's own page."),
        click.option("--scm-url", metavar="URL", help="Its repository, to clone from."),
        click.option("--webscm-url", metavar="URL", help="Its repository, to look at."),
        click.option(
            "--subject-prefix-tags", metavar="T,...", help="Take only mail with one of these [tags]; '' takes any."
        ),
        click.option("--wait-seconds", type=click.IntRange(0), metavar="N", help="How long a revision waits for mail."),
        click.option(
            "--partial-wait-seconds",
            type=click.IntRange(0),
            metavar="N",
            help="How long one waits that replaces single patches of another.",
        ),
        click.option(
            "--supersede/--no-supersede",
            "supersedes",
            default=None,
            help="Whether a complete revision makes the patches of older ones Superseded.",
        ),
        click.option(
            "--from-list",
            multiple=True,
            metavar="SENDER|@DOMAIN|NETWORK",
            help="Take only mail with such an envelope sender, or from such a network; may be repeated; '' takes any.",
        ),
        click.option(
            "--rewriter",
            "rewriters",
            multiple=True,
            metavar="ADDRESS|@DOMAIN",
            help="Whose rewriting of From is undone, besides the list's own; may be repeated; '' names none.",
        ),
        click.option(
            "--require-dkim",
            metavar="AUTHSERV-ID",
            help="Believe an author only where this mail server found a signature of the domain; '' believes all.",
        ),
        click.option(
            "--submitter-states",
            metavar="S,...",
            help="What submitters may set on their own patches; '' lets them set nothing.",
        ),
        click.option(
            "--branch-tokens", metavar="T,...", help="Tokens such as v6.1 that are branches rather than rerolls."
        ),
        click.option(
            "--author-alias",
            "author_aliases",
            multiple=True,
            metavar="OLD=NEW",
            help="An author's old and new address; may be repeated.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print a JSON object."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("project", cls=Commands, lazy=COMMANDS)
def project_commands() -> None:
    """Say which lists are read, and under which names.

    \b
    Example: patchlog project list
    """


@click.command("add")
@click.argument("linkname")
@click.option("--name", required=True, help="The name that people see.")
@click.option("--listid", required=True, metavar="ID", help="The list's id (List-Id), such as demo.example.org.")
@click.option("--listemail", required=True, metavar="ADDRESS", help="The list's address.")
@_with_fields
@click.pass_obj
def add_command(settings: Settings, /, as_json: bool, **fields: Any) -> None:
    """Read a list as the project LINKNAME. Mail of the list that came before is read again.

    \b
    Example: patchlog project add demo --name Demo \\
               --listid demo.example.org --listemail demo@example.org
    """
    from patchlog.desk import opened_desk
    from patchlog.projects import check_fields
    from schemas.records import ProjectAdded

    fact = msgspec.convert(_given(fields), ProjectAdded)
    check_fields(fact)
    with opened_desk(settings, make=True) as desk:
        before = desk.know().projects.find(fact.linkname)
        if before is not None:
            raise click.ClickException(f"there is a project {fact.linkname} already (record {before.id})")
        said = desk.say_one(fact)
        if as_json:
            return _print(desk, said, fact.linkname)
    click.echo(f"project {fact.linkname} is record {said.record} of the log; {_progress(said.folded)}")


@click.command("set")
@click.argument("linkname")
@click.option("--name", help="The name that people see.")
@click.option("--listid", metavar="ID", help="The list's id (List-Id).")
@click.option("--listemail", metavar="ADDRESS", help="The list's address.")
@_with_fields
@click.pass_obj
def set_command(settings: Settings, /, as_json: bool, **fields: Any) -> None:
    """Change what is said of the project LINKNAME. What is not named stays; aliases given take the place of all before.

    \b
    Example: patchlog project set demo --web-url https://demo.example.org/
    """
    from patchlog.desk import opened_desk
    from patchlog.projects import check_fields
    from schemas.records import ProjectChanged

    given = _given(fields)
    if given.keys() == {"linkname"}:
        raise click.UsageError("nothing to change: give at least one option")
    fact = msgspec.convert(given, ProjectChanged)
    check_fields(fact)
    with opened_desk(settings) as desk:
        if desk.know().projects.find(fact.linkname) is None:
            raise click.ClickException(f"there is no project {fact.linkname}")
        said = desk.say_one(fact)
        if as_json:
            return _print(desk, said, fact.linkname)
    click.echo(f"project {fact.linkname} changed by record {said.record} of the log; {_progress(said.folded)}")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(settings: Settings, as_json: bool) -> None:
    """List the projects by linkname.

    \b
    Example: patchlog project list --json
    """
    from patchlog.columns import print_columns
    from patchlog.desk import opened_desk, print_json
    from patchlog.projects import project_document

    with opened_desk(settings) as desk:
        known = desk.know().projects.by_id.values()
    projects = sorted(known, key=lambda project: project.settings.linkname)
    if as_json:
        return print_json([project_document(project) for project in projects])
    shown = [project.settings for project in projects]
    rows = [(one.linkname, one.name, f"<{one.listid}>", one.listemail) for one in shown]
    print_columns(("linkname", "name", "list id", "address"), rows, wide=("address",))


def _print(desk: "Desk", said: "Said", linkname: str) -> None:
    from patchlog.desk import print_json
    from patchlog.projects import project_document

    project = desk.know().projects.find(linkname)
    assert project is not None, f"project {linkname}: expected it after record {said.record}"
    print_json({"record": said.record, "folded": said.folded, "project": project_document(project)})


def _given(fields: dict[str, Any]) -> dict[str, object]:
    """What was given of a project, as its records have it: list id and address in lower case."""
    from patchlog.projects import read_aliases, read_origins, read_rewriters, read_states

    given: dict[str, object] = {name: value for name, value in fields.items() if value is not None and value != ()}
    if (text := fields.get("require_dkim")) is not None:
        given["require_dkim"] = text.strip().lower()
    for name in ("listid", "listemail"):
        if text := fields.get(name):
            given[name] = text.strip("<>").lower()
    for name in ("subject_prefix_tags", "branch_tokens"):
        if (text := fields.get(name)) is not None:
            given[name] = [token for token in map(str.strip, text.split(",")) if token]
    if fields["from_list"]:
        given["from_list"] = read_origins(fields["from_list"])
    if fields["rewriters"]:
        given["rewriters"] = read_rewriters(fields["rewriters"])
    if (text := fields.get("submitter_states")) is not None:
        given["submitter_states"] = read_states(text)
    if fields["author_aliases"]:
        given["author_aliases"] = read_aliases(fields["author_aliases"])
    return given


def _progress(folded: bool) -> str:
    return "the projector has read it" if folded else "a projector will read it when it runs"

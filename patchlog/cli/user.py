"""`patchlog user`: who may change something with a password or a token."""

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from patchlog.cli.group import Commands
from schemas.settings import Settings

if TYPE_CHECKING:
    from patchlog.desk import Desk, Known, Said
    from projector.readmodel.queries.accounts import ListedUser
    from schemas.accounts import UserChanged

COMMANDS = {
    "add": "patchlog.cli.user:add_command",
    "list": "patchlog.cli.user:list_command",
    "set": "patchlog.cli.user:set_command",
}
STDIN = "Read a password: the first line of the standard input."


@click.group("user", cls=Commands, lazy=COMMANDS)
def user_commands() -> None:
    """Say who may change something.

    \b
    Example: patchlog user list
    """


@click.command("add")
@click.argument("name")
@click.option("--email", "emails", multiple=True, metavar="A", help="An address whose mails are theirs; repeatable.")
@click.option("--maintainer-of", multiple=True, metavar="LINKNAME", help="A project they maintain; repeatable.")
@click.option("--password-stdin", is_flag=True, help=STDIN)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def add_command(
    settings: Settings,
    name: str,
    emails: tuple[str, ...],
    maintainer_of: tuple[str, ...],
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add the user NAME. Without a password the user comes with tokens alone.

    A maintainer may change everything of a project. Whoever has the address that a patch came from may change that
    patch's state and ask for a rerun.

    \b
    Example: patchlog user add ada --email ada@example.org --maintainer-of demo
    """
    from patchlog.accounts import check_emails, check_user_name, hash_password
    from patchlog.desk import opened_desk
    from schemas.accounts import UserAdded

    addresses = check_emails(emails)
    check_user_name(name)
    with opened_desk(settings, make=True) as desk:
        known = desk.know()
        before = known.accounts.named(name)
        if before is not None:
            raise click.ClickException(f"there is a user {name} already (record {before.id})")
        check_projects(known, maintainer_of)
        hashed = hash_password(sys.stdin) if password_stdin else ""
        fact = UserAdded(name=name, emails=addresses, password_hash=hashed, maintainer_of=maintainer_of)
        _report(desk, desk.say_one(fact), name, as_json, "is")


@click.command("set")
@click.argument("name")
@click.option("--email", "emails", multiple=True, metavar="A", help="In place of all addresses before; repeatable.")
@click.option("--no-emails", is_flag=True, help="No address is theirs any more.")
@click.option("--maintainer-of", multiple=True, metavar="L", help="A project they maintain too; repeatable.")
@click.option("--not-maintainer-of", multiple=True, metavar="L", help="A project they maintain no more; repeatable.")
@click.option("--password-stdin", is_flag=True, help=STDIN)
@click.option("--no-password", is_flag=True, help="From now on they come with tokens alone.")
@click.option("--active/--inactive", default=None, help="Who is inactive can do nothing, by no token.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def set_command(
    settings: Settings,
    /,
    name: str,
    as_json: bool,
    emails: tuple[str, ...],
    no_emails: bool,
    password_stdin: bool,
    no_password: bool,
    maintainer_of: tuple[str, ...],
    not_maintainer_of: tuple[str, ...],
    active: bool | None,
) -> None:
    """Change what is said of the user NAME. What is not named stays.

    \b
    Example: patchlog user set ada --maintainer-of demo --not-maintainer-of old
    """
    from patchlog.accounts import check_emails, hash_password
    from patchlog.desk import opened_desk
    from schemas.accounts import UserChanged

    if (emails and no_emails) or (password_stdin and no_password):
        raise click.UsageError("--no-emails goes without --email, and --no-password without --password-stdin")
    given = (emails, no_emails, password_stdin, no_password, maintainer_of, not_maintainer_of)
    if not any(given) and active is None:
        raise click.UsageError("nothing to change: give at least one option")
    unset = msgspec.UNSET
    fact = UserChanged(
        name=name,
        emails=check_emails(emails) if emails or no_emails else unset,
        active=active if active is not None else unset,
        password_hash="" if no_password else unset,
    )
    with opened_desk(settings) as desk:
        fact = _with_projects(desk.know(), fact, maintainer_of, not_maintainer_of)
        if password_stdin:
            hashed = hash_password(sys.stdin)
            fact = msgspec.structs.replace(fact, password_hash=hashed)
        _report(desk, desk.say_one(fact), name, as_json, "changed by")


@click.command("list", short_help="List the users by name.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(settings: Settings, as_json: bool) -> None:
    """List the users by name: addresses, the projects they maintain, and how they may come.

    \b
    Example: patchlog user list --json
    """
    from patchlog.columns import print_columns
    from patchlog.desk import opened_desk, print_json
    from projector.readmodel.queries.accounts import listed_user

    with opened_desk(settings) as desk:
        users = [listed_user(row) for row in desk.know().accounts.users()]
    if as_json:
        return print_json(users)
    rows = [(user.name, ", ".join(user.emails), ", ".join(user.maintainer_of), _way(user)) for user in users]
    print_columns(("name", "addresses", "maintainer of", "comes by"), rows)


def _way(user: "ListedUser") -> str:
    return "inactive" if not user.active else "password" if user.has_password else "tokens alone"


def check_projects(known: "Known", linknames: tuple[str, ...]) -> None:
    """Raise ClickException for a project that is none."""
    for linkname in linknames:
        if known.projects.find(linkname) is None:
            raise click.ClickException(f"there is no project {linkname}")


def _with_projects(known: "Known", fact: "UserChanged", more: tuple[str, ...], less: tuple[str, ...]) -> "UserChanged":
    """Add what becomes of the projects that the user maintains."""
    user = known.accounts.named(fact.name)
    if user is None:
        raise click.ClickException(f"there is no user {fact.name}")
    check_projects(known, more)
    for linkname in less:
        if linkname not in user.maintainer_of:
            raise click.ClickException(f"user {fact.name} is no maintainer of {linkname}")
    if not more and not less:
        return fact
    linknames = ({*user.maintainer_of} - {*less}) | {*more}
    return msgspec.structs.replace(fact, maintainer_of=tuple(sorted(linknames)))


def _report(desk: "Desk", said: "Said", name: str, as_json: bool, verb: str) -> None:
    from patchlog.desk import print_json

    if as_json:
        return print_json({"record": said.record, "folded": said.folded, "user": _shown(desk, name)})
    click.echo(f"user {name} {verb} record {said.record} of the log; {said.progress()}")


def _shown(desk: "Desk", name: str) -> "ListedUser":
    from projector.readmodel.queries.accounts import listed_user

    return next(listed_user(row) for row in desk.know().accounts.users() if row["name"] == name)

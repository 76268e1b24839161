"""`patchlog token`: secrets by which programs come as a user."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from patchlog.cli.group import Commands
from patchlog.cli.user import check_projects
from schemas.settings import Settings

if TYPE_CHECKING:
    from patchlog.desk import Known
    from projector.readmodel.queries.accounts import ListedToken

COMMANDS = {
    "issue": "patchlog.cli.token:issue_command",
    "list": "patchlog.cli.token:list_command",
    "revoke": "patchlog.cli.token:revoke_command",
}


@click.group("token", short_help="Issue and revoke secrets of programs.", cls=Commands, lazy=COMMANDS)
def token_commands() -> None:
    """Issue and revoke the secrets by which programs come as a user.

    \b
    Example: patchlog token list
    """


@click.command("issue")
@click.argument("user")
@click.option("--name", metavar="N", help="What the token is called; else by its user and a number.")
@click.option("--project", "projects", multiple=True, metavar="L", help="Good for this project alone; repeatable.")
@click.option("--test", "tests", multiple=True, metavar="GLOB", help="Good for results of such tests; repeatable.")
@click.option("--expires", metavar="WHEN", help="A duration (12h, 90d, 8w), or an ISO date or time (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def issue_command(
    settings: Settings,
    user: str,
    name: str | None,
    projects: tuple[str, ...],
    tests: tuple[str, ...],
    expires: str | None,
    as_json: bool,
) -> None:
    """Issue a token by which a program comes as USER. The secret is the last word printed, and is shown this once.

    Without options the token may do what its user may. With --project it is good for these projects alone. With --test
    it may report results of tests whose names match (*, ?, [...]), even where its user is no maintainer, and it may do
    nothing else: give a CI such a one.

    \b
    Example: patchlog token issue ci --project demo --test "ci/*" --expires 90d
    """
    from patchlog.accounts import check_token_name, digest_of, new_secret, read_expiry
    from patchlog.desk import opened_desk, print_json
    from schemas.accounts import TokenIssued

    expires_at = read_expiry(expires, datetime.now(UTC)) if expires is not None else None
    if "" in tests:
        raise click.UsageError("--test: expected the name of a test or a pattern, came an empty one")
    with opened_desk(settings) as desk:
        known = desk.know()
        owner = known.accounts.named(user)
        if owner is None:
            raise click.ClickException(f"there is no user {user}")
        check_projects(known, projects)
        name = _free_name(known, check_token_name(name)) if name is not None else _next_name(known, user)
        secret = new_secret()
        fact = TokenIssued(
            user=owner.id, name=name, digest=digest_of(secret), projects=projects, tests=tests, expires_at=expires_at
        )
        said = desk.say_one(fact)
        token = next(token for token in _tokens(desk.know()) if token.id == said.record)
    if as_json:
        return print_json({"record": said.record, "folded": said.folded, "token": token, "secret": secret})
    click.echo(f"token {name} of {user} is record {said.record} of the log; {said.progress()}")
    click.echo(f"keep the secret, it is not shown again: {secret}")


@click.command("list", short_help="List the tokens, the oldest first.")
@click.option("--user", metavar="U", help="Only those of this user.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_command(settings: Settings, user: str | None, as_json: bool) -> None:
    """List the tokens, the oldest first: what each is good for, and until when.

    \b
    Example: patchlog token list --user ci
    """
    from patchlog.columns import print_columns
    from patchlog.desk import opened_desk, print_json

    with opened_desk(settings) as desk:
        known = desk.know()
    if user is not None and known.accounts.named(user) is None:
        raise click.ClickException(f"there is no user {user}")
    tokens = [token for token in _tokens(known) if user in (None, token.user)]
    if as_json:
        return print_json(tokens)
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [(str(token.id), token.name, token.user, *_scope(token), _end(token, now)) for token in tokens]
    print_columns(("id", "name", "user", "projects", "tests", "until"), rows)


@click.command("revoke")
@click.argument("token_name", metavar="TOKEN_ID|NAME")
@click.option("--reason", default="", metavar="R", help="Why, for those who read it later.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def revoke_command(settings: Settings, token_name: str, reason: str, as_json: bool) -> None:
    """Make a token good for nothing, from the next request on.

    \b
    Example: patchlog token revoke ci-1 --reason "it was in a build log"
    """
    from patchlog.desk import opened_desk, print_json
    from schemas.accounts import TokenRevoked

    with opened_desk(settings) as desk:
        token = _find(known := desk.know(), token_name)
        if token.revoked is not None:
            raise click.ClickException(f"token {token.name} ({token.id}) was revoked before")
        said = desk.say_one(TokenRevoked(token=token.id, reason=reason))
        known = desk.know()
    token = _find(known, str(token.id))
    if as_json:
        return print_json({"record": said.record, "folded": said.folded, "token": token})
    click.echo(f"token {token.name} ({token.id}) of {token.user} is revoked; {said.progress()}")


def _tokens(known: "Known") -> list["ListedToken"]:
    from projector.readmodel.queries.accounts import listed_token

    names = {row["id"]: row["name"] for row in known.accounts.users()}
    return [listed_token(row, names[row["user_id"]]) for row in known.accounts.tokens()]


def _free_name(known: "Known", name: str) -> str:
    for token in _tokens(known):
        if token.name == name and token.revoked is None:
            raise click.ClickException(f"there is a token {name} already (record {token.id})")
    return name


def _next_name(known: "Known", user: str) -> str:
    taken = {token.name for token in _tokens(known)}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{user}-{number}") not in taken)


def _find(known: "Known", text: str) -> "ListedToken":
    """The token with this id, or of this name: the one that is not revoked."""
    found = [token for token in _tokens(known) if text in (str(token.id), token.name)]
    found = [token for token in found if token.revoked is None] or found[-1:]
    if len(found) > 1:
        ids = ", ".join(str(token.id) for token in found)
        raise click.ClickException(f"several tokens are called {text}: say which by its id ({ids})")
    if not found:
        raise click.ClickException(f"there is no token {text}")
    return found[0]


def _scope(token: "ListedToken") -> tuple[str, str]:
    return ", ".join(token.projects) or "all projects", ", ".join(token.tests) or "all its user may"


def _end(token: "ListedToken", now: datetime) -> str:
    if token.revoked is not None:
        return f"revoked {token.revoked:%Y-%m-%d}" + (f" ({token.reason})" if token.reason else "")
    if token.expires is None:
        return "does not expire"
    return f"{'expired' if token.expires <= now else 'expires'} {token.expires:%Y-%m-%d %H:%M}"

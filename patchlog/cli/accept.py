"""`patchlog accept`: the patches that became commits are Accepted."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from schemas.settings import Settings

if TYPE_CHECKING:
    from patchlog.desk import Desk, Said
    from projector.readmodel.queries.patches import SamePatch

NO_PATCH = "no patch"


class CommitRow(msgspec.Struct, kw_only=True):
    """One commit, and what became of the patch that it was made of. patch: None where no mail has it."""

    commit: str
    diff_id: str | None
    patch: int | None
    became: str
    is_new: bool
    """Whether it is this commit that changes the patch."""


@click.command("accept", short_help="Make patches Accepted that became commits.")
@click.argument("span", metavar="RANGE")
@click.option("--repo", required=True, type=click.Path(path_type=Path), metavar="PATH", help="A git repository.")
@click.option("--project", metavar="L", help="Only patches of this project.")
@click.option("--state", default="Accepted", show_default=True, metavar="S", help="The state that they get.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_obj
def accept_command(
    settings: Settings, /, span: str, repo: Path, project: str | None, state: str, dry_run: bool, as_json: bool
) -> None:
    """Find the patches that the commits of RANGE were made of, by `git patch-id`, and make them Accepted.

    A patch whose state is final already (Accepted, Rejected, Superseded, ...) stays as it is. A merge has no patch.

    \b
    Example: patchlog accept --repo ~/src/demo v1.0..main --project demo
    """
    from patchlog.commits import commits_of
    from patchlog.desk import opened_desk, print_json
    from projector.assembly.states import find_state

    wanted = find_state(state)
    if wanted is None:
        raise click.UsageError(f"--state: there is no state {state!r}")
    if span.startswith("-"):
        raise click.UsageError(f"RANGE: expected commits such as v1.0..main, came {span!r}")
    with opened_desk(settings) as desk:
        commits = commits_of(repo, span)
        rows = _match(commits, _find(desk, project, commits), wanted.name)
        said = _say(desk, rows, wanted.name) if not dry_run else []
    if as_json:
        return print_json({"records": [each.record for each in said], "dry_run": dry_run, "commits": rows})
    for row in rows:
        click.echo(f"{row.commit[:12]}\t{row.patch or '-'}\t{'would be ' * (row.is_new and dry_run)}{row.became}")
    if said:
        click.echo(f"{len(said)} records of the log; {said[-1].progress()}")


def _find(desk: "Desk", linkname: str | None, commits: Mapping[str, str | None]) -> dict[str, "SamePatch"]:
    """The patches that the read model has for the commits' patch ids."""
    from projector.readmodel.queries.patches import patches_by_diff_id

    project = desk.know().projects.find(linkname) if linkname is not None else None
    if linkname is not None and project is None:
        raise click.ClickException(f"there is no project {linkname}")
    ids = sorted({id for id in commits.values() if id is not None})
    with desk.reader.connect() as connection:
        return patches_by_diff_id(connection, project.id if project is not None else None, ids)


def _match(commits: Mapping[str, str | None], found: Mapping[str, "SamePatch"], wanted: str) -> list[CommitRow]:
    """Say of each commit which patch it is, and what becomes of that."""
    from projector.assembly.states import state_of

    rows: list[CommitRow] = []
    taken: dict[int, str] = {}
    for commit, diff_id in commits.items():
        patch = found.get(diff_id) if diff_id is not None else None
        is_new = False
        if patch is None:
            became = NO_PATCH
        elif patch.id in taken:
            became = f"the same patch as {taken[patch.id][:12]}"
        elif state_of(patch.state).final or state_of(patch.state).name == wanted:
            became = f"was {state_of(patch.state).name} already"
        else:
            is_new, became, taken[patch.id] = True, wanted.lower(), commit
        patch_id = patch.id if patch is not None else None
        rows.append(CommitRow(commit=commit, diff_id=diff_id, patch=patch_id, became=became, is_new=is_new))
    return rows


def _say(desk: "Desk", rows: list[CommitRow], wanted: str) -> list["Said"]:
    """Append the changes; what the fold did not do is said in the rows."""
    from patchlog.desk import as_clause
    from projector.outcomes import DONE
    from schemas.records import PatchStateChanged

    changes = {row.patch: row for row in rows if row.is_new and row.patch is not None}
    facts = [PatchStateChanged(patch=id, state=wanted, commit=row.commit) for id, row in changes.items()]
    said = desk.say(*facts) if facts else []
    for row, each in zip(changes.values(), said, strict=True):
        if each.outcome is not None and each.outcome.status != DONE:
            row.is_new, row.became = False, as_clause(each.outcome.detail) or f"was {wanted} already"
    return said

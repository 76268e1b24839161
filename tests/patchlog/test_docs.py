"""The pages for users name every setting and every command."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from patchlog.__main__ import patchlog_commands
from schemas.settings import Settings
from tests.patchlog.test_commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
CONFIGURE = (ROOT / "docs" / "configure.md").read_text()
ROWS = re.findall(r"^\| `([^`]+)` \| (.*) \|$", CONFIGURE, re.MULTILINE)


def options(path: tuple[str, ...]) -> Iterator[str]:
    command: click.Command = patchlog_commands
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden and parameter.name != "data":
            yield parameter.opts[0]


@pytest.mark.parametrize("setting", Settings.__struct_fields__)
def test_setting_has_its_row_with_its_default(setting: str) -> None:
    rows = {name.removeprefix("PATCHLOG_").lower(): text for name, text in ROWS if name.startswith("PATCHLOG_")}
    default = {field.name: field.default for field in msgspec.structs.fields(Settings)}[setting]
    assert not default or f"`{default}`" in rows[setting]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_has_its_row_with_its_options(command: tuple[str, ...]) -> None:
    name = f"patchlog {' '.join(command)}"
    rows = [row + text for row, text in ROWS if row == name or row.startswith(f"{name} ")]
    assert len(rows) == 1
    missing = [option for option in options(command) if option not in rows[0]]
    assert command == ("project", "set") or missing == []


PAGES = ["README.md", "ARCHITECTURE.md", *(f"docs/{page.name}" for page in sorted(ROOT.glob("docs/*.md")))]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []

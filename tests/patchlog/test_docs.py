"""The pages for users name every setting and every command, show commands that there are, and lead somewhere."""

import re
from collections.abc import Iterable, Iterator

import click
import msgspec
import pytest

from patchlog.__main__ import patchlog_commands
from projector.assembly.events import EVENT_NAMES
from schemas.settings import Settings
from tests.patchlog.pages import PAGES, ROOT, anchors, blocks, commands_of, links, read, shown_commands, spans
from tests.patchlog.test_commands import COMMANDS, GROUPS, find_command, shown_help

ROWS = re.findall(r"^\| `([^`]+)` \| (.*) \|$", read("docs/configure.md"), re.MULTILINE)
SETTINGS = {field.name: field for field in msgspec.structs.fields(Settings)}
OTHERS_SETTINGS = {"PATCHLOG_SMTP_PUBLISH", "PATCHLOG_HTTP_PUBLISH", "PATCHLOG_COMPLETE"}
"""Those of docker-compose.yml, and that of the shells' completion."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_setting_has_its_row_with_its_default(setting: str) -> None:
    (row,) = [text for name, text in ROWS if name == f"PATCHLOG_{setting.upper()}"]
    default = SETTINGS[setting].default
    assert not default or f"`{default}`" in row


@pytest.mark.parametrize("page", PAGES)
def test_page_names_settings_that_there_are(page: str) -> None:
    named = set(re.findall(r"PATCHLOG_[A-Z_]*[A-Z]", read(page)))
    assert named - OTHERS_SETTINGS <= {f"PATCHLOG_{name.upper()}" for name in SETTINGS}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_has_its_row_with_its_options(command: tuple[str, ...]) -> None:
    name = f"patchlog {' '.join(command)}"
    (row,) = [row + text for row, text in ROWS if row == name or row.startswith(f"{name} ")]
    if command == ("project", "set"):
        assert "the options of `add`" in row
        return
    assert [option for option in options(command) if not re.search(rf"{option}\b", row)] == []


def options(path: Iterable[str]) -> Iterator[str]:
    """The options of a command that are for people, but for --data, which all have, and --help."""
    for parameter in find_command(path).params:
        if isinstance(parameter, click.Option) and not parameter.hidden and parameter.name != "data":
            yield from (*parameter.opts, *parameter.secondary_opts)


def test_what_project_set_shares_with_add_is_all_it_has() -> None:
    assert {*options(("project", "set"))} == {*options(("project", "add"))}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    lost = []
    for link in links(read(page)):
        target = (ROOT / page).parent / link.file if link.file else ROOT / page
        if not target.exists() or (link.anchor and link.anchor not in anchors(target.read_text())):
            lost.append(link)
    assert lost == []


def test_the_page_for_ci_authors_has_each_kind_of_event() -> None:
    feed = read("docs/ci.md").partition("## What is on the feed")[2]
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", feed, re.MULTILINE)) == EVENT_NAMES


def test_every_page_is_named_by_the_index() -> None:
    indexed = {link.file for link in links(read("docs/README.md"))}
    assert {str((ROOT / page).relative_to(ROOT / "docs")) for page in PAGES if page.startswith("docs/")} - indexed == {
        "README.md"
    }


@pytest.mark.parametrize("page", [page for page in PAGES if page != "ARCHITECTURE.md"])  # its block is a drawing
def test_commands_in_blocks_of_code_are_complete(page: str) -> None:
    for arguments in shown_commands(read(page)):
        check_complete(arguments)


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS], ids=" ".join)
def test_the_example_of_a_command_is_complete(command: tuple[str, ...]) -> None:
    examples = shown_help(command).partition("Example: ")[2].partition("\n\n")[0]
    shown = [arguments for arguments in commands_of(examples) if tuple(arguments[: len(command)]) == command]
    assert shown != []
    for arguments in shown:
        check_complete(arguments)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_in_running_text_are_there(page: str) -> None:
    for span in spans(read(page)):
        words = re.sub(r"[\[\]]|\.\.\.", " ", span).split()
        if words[:1] == ["patchlog"] and len(words) > 1 and words[1].strip("-:") == words[1]:
            check_named(words[1:])


def check_named(words: list[str]) -> None:
    """Hold some words to the command they begin with; what stands for something, such as ID, is not looked at."""
    command: click.Command = patchlog_commands
    while words and isinstance(command, click.Group):
        command, words = find_command([words[0]], command), words[1:]
    has = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    named = {re.split(r"[=,/]", word)[0] for word in words if word.startswith("--")}
    assert named <= has | {"--help"}, (command.name, named - has)


def check_complete(arguments: list[str]) -> None:
    """Have click read a command line, as far as it can without looking at files."""
    if arguments[0] in ("--help", "--version"):
        return
    command, names = patchlog_commands, list(arguments)
    while isinstance(command, click.Group) and names and not names[0].startswith("-"):
        command = find_command([names.pop(0)], command)  # type: ignore[assignment]
    context = click.Context(command, info_name=" ".join(arguments))
    if names in (["--help"], ["-h"]):
        return
    given, rest, order = command.make_parser(context).parse_args(names)
    assert rest == [], f"{arguments}: nobody takes {rest}"
    for parameter in order:
        if is_given(parameter, given) and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(context, given[str(parameter.name)])
    lacks = [one.name for one in command.params if one.required and not is_given(one, given)]
    assert lacks == [], f"{arguments}: lacks {lacks}"


def is_given(parameter: click.Parameter, given: dict[str, object]) -> bool:
    value = given.get(str(parameter.name))
    return isinstance(value, str | int) or bool(isinstance(value, tuple | list) and value)


def test_a_command_line_that_is_wrong_is_found() -> None:
    for wrong in ("project add demo", "status --jsno", "series merge 1 two", "log cat 5", "no-such", "backup"):
        with pytest.raises((click.UsageError, AssertionError)):
            check_complete(wrong.split())
    with pytest.raises(AssertionError):
        check_named(["log", "cat", "--form=5"])


def test_blocks_and_command_lines_are_found() -> None:
    text = (
        "Say `patchlog up` or `` run `patchlog status` ``:\n\n"
        "    $ echo x | patchlog user set a \\\n        --password-stdin > f\n    no command\n\n"
        "- a point\n    that goes on\n\n```sh\nA=1 .venv/bin/patchlog status && patchlog-command log info\n```\n"
    )
    assert len(blocks(text)) == 2
    assert shown_commands(text) == [["status"], ["log", "info"], ["user", "set", "a", "--password-stdin"]]
    assert spans(text) == ["patchlog up", "run `patchlog status`", "patchlog status"]

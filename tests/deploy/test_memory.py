"""The limits of memory: the page for operators, Compose and the units of systemd say the same."""

import re
from pathlib import Path

import pytest

from tests.e2e.memory import MIB, ROOT, limit_of, read_bytes

PAGE = (ROOT / "docs/configure.md").read_text()


def documented(process: str) -> int:
    """The limit in the row of a process."""
    found = re.search(rf"^\| `{process}`.*\| (\d+M)[^|]*\|$", PAGE, re.MULTILINE)
    assert found, process
    return read_bytes(found[1])


def limit_of_unit(unit: Path) -> int:
    found = re.search(r"^MemoryMax=(\d+M)$", unit.read_text(), re.MULTILINE)
    assert found, unit
    return read_bytes(found[1])


@pytest.mark.parametrize("part", ["ingest", "projector", "api"])
def test_page_compose_and_unit_agree(part: str) -> None:
    unit = ROOT / f"deploy/systemd/patchlog-{part}.service"
    assert documented(part) == limit_of(part) == limit_of_unit(unit)


def test_tools_may_replay_and_import() -> None:
    assert documented("import") == limit_of("tools") >= documented("projector")


def test_all_parts_together_have_the_room_that_each_has() -> None:
    unit = ROOT / "deploy/systemd/patchlog.service"
    parts = sum(map(documented, ("ingest", "projector", "api")))
    assert documented("up") == limit_of_unit(unit) >= parts + 60 * MIB

"""The data directory belongs to one `patchlog up` at a time."""

import os
import re
from pathlib import Path

import pytest

from patchlog.datadir import hold_data_directory, make_data_directory


def test_it_is_made_with_its_parents_and_again_without_harm(tmp_path: Path) -> None:
    make_data_directory(tmp_path / "a" / "b")
    make_data_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_it_is_held_once_and_free_when_the_holder_is_gone(tmp_path: Path) -> None:
    descriptor = hold_data_directory(tmp_path)
    with pytest.raises(ValueError, match=re.escape(f"in use by another `patchlog up` (process {os.getpid()})")):
        hold_data_directory(tmp_path)
    os.close(descriptor)
    os.close(hold_data_directory(tmp_path))


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ValueError, match="cannot make the data directory"):
        make_data_directory(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="cannot write to the data directory"):
        make_data_directory(tmp_path)

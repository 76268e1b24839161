"""Which source of a setting wins."""

from pathlib import Path

import pytest

from patchlog.configuration import load_settings


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("environment", "file", "given", "expected"),
    [
        pytest.param({}, "", {}, "127.0.0.1:8025", id="default"),
        pytest.param({}, 'smtp = "file:1"', {}, "file:1", id="file"),
        pytest.param({}, 'PATCHLOG_SMTP = "file:1"', {}, "file:1", id="file, spelt as in the environment"),
        pytest.param({"PATCHLOG_SMTP": "env:1"}, 'smtp = "file:1"', {}, "env:1", id="environment over file"),
        pytest.param({"PATCHLOG_SMTP": "env:1"}, "", {"smtp": "line:1"}, "line:1", id="command line over environment"),
        pytest.param({"PATCHLOG_SMTP": "env:1"}, "", {"smtp": None}, "env:1", id="an option that is not given"),
        pytest.param({"HOME": "/x"}, "", {}, "127.0.0.1:8025", id="the rest of the environment"),
    ],
)
def test_source(environment: dict[str, str], file: str, given: dict[str, str | None], expected: str) -> None:
    Path("patchlog.toml").write_text(file)
    assert load_settings(environment, given).smtp == expected


def test_the_file_of_the_data_directory_counts_where_the_current_directory_has_none() -> None:
    Path("data").mkdir()
    Path("data/patchlog.toml").write_text("max_mail_bytes = 7")
    assert load_settings({}, {"data": "data"}).max_mail_bytes == 7
    Path("patchlog.toml").write_text("")
    assert load_settings({}, {"data": "data"}).max_mail_bytes == 26214400


@pytest.mark.parametrize(
    ("file", "environment", "expected"),
    [
        pytest.param("smtp = ", {}, "patchlog.toml: expected TOML", id="no TOML"),
        pytest.param("smpt = 'x'", {}, "smpt", id="unknown name in the file"),
        pytest.param("", {"PATCHLOG_SMPT": "x"}, "smpt", id="unknown name in the environment"),
        pytest.param("", {"PATCHLOG_MAX_MAIL_BYTES": "much"}, "max_mail_bytes", id="no number"),
    ],
)
def test_what_cannot_be_meant_is_refused(file: str, environment: dict[str, str], expected: str) -> None:
    Path("patchlog.toml").write_text(file)
    with pytest.raises(ValueError, match=expected):
        load_settings(environment, {})


def test_a_file_in_the_data_directory_cannot_move_the_data_directory() -> None:
    Path("data").mkdir()
    Path("data/patchlog.toml").write_text('data = "elsewhere"')
    with pytest.raises(ValueError, match="cannot say where"):
        load_settings({}, {"data": "data"})

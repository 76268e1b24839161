"""Where the settings come from: the command line over the environment over one patchlog.toml over the defaults."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.settings import Settings, read_settings

FILE_NAME = "patchlog.toml"


def load_settings(environment: Mapping[str, str], given: Mapping[str, str | None]) -> Settings:
    """Merge all sources into the settings of one command.

    One file is read at most: `patchlog.toml` of the current directory, else that of the data directory, so that
    whoever names the data directory gets the settings it runs with. Raises ValueError naming what is wrong.
    """
    here = Path(FILE_NAME)
    if here.is_file():
        return read_settings(environment, read_file(here), **given)
    settings = read_settings(environment, {}, **given)
    beside_the_data = Path(settings.data) / FILE_NAME
    if not beside_the_data.is_file():
        return settings
    table = read_file(beside_the_data)
    if {"data", "PATCHLOG_DATA"} & table.keys():
        raise ValueError(f"{beside_the_data}: a file inside the data directory cannot say where the data directory is")
    return read_settings(environment, table, **given)


def load_settings_with(environment: Mapping[str, str], file: Path, data: str) -> Settings:
    """The settings that commands will have when a file is in their data directory. Raises ValueError as above."""
    return read_settings(environment, read_file(file), data=data)


def read_file(path: Path) -> dict[str, Any]:
    """The settings in one TOML file. Raises ValueError with the path when it is no TOML."""
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected TOML: {error}") from None

"""The facts of other projects' test series, read once."""

from pathlib import Path

import pytest

from tests.projector.corpus.facts import Archive


@pytest.fixture(scope="session")
def archive(real_mail: Path) -> Archive:
    """The archive; skips where it is not there."""
    return Archive(real_mail / "series.tar.xz")

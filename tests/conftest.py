"""What all tests share: where real mail is, if it is there."""

from pathlib import Path

import pytest

REAL_MAIL = Path(__file__).resolve().parents[2] / "shared" / "mail"


@pytest.fixture(scope="session")
def real_mail() -> Path:
    """The folder with mail of real lists; skips where it is not there."""
    if not REAL_MAIL.is_dir():
        pytest.skip("the mail of real lists is not here (../shared/mail)")
    return REAL_MAIL

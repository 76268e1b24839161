"""What all tests share: where real mail is, if it is there."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A change is judged by the same examples each time; who works on it draws new ones with every run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

REAL_MAIL = Path(__file__).resolve().parents[2] / "shared" / "mail"


@pytest.fixture(scope="session")
def real_mail() -> Path:
    """The folder with mail of real lists; skips where it is not there."""
    if not REAL_MAIL.is_dir():
        pytest.skip("the mail of real lists is not here (../shared/mail)")
    return REAL_MAIL


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests want to be seen: which allowed differences they met, and how often."""
    for report in terminalreporter.stats.get("", []):  # the tear-downs, which know what was met
        for name, text in getattr(report, "user_properties", []):
            if name == "met" and report.when == "teardown":
                terminalreporter.write_line(f"met by {report.nodeid.rpartition('::')[2]}: {text}")

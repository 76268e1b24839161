"""A Postfix of our own that hands mail to us, configured as the lines in deploy/postfix say."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.postfix import Postfix, why_not
from bench.postfix import postfix as started

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "postfix"
DOMAIN = "patchlog.example.org"


@contextmanager
def postfix(transport: str, tls: str = "none") -> Iterator[Postfix]:
    """Start one that hands mail for DOMAIN to a transport; the lines in deploy/postfix are part of what it reads.

    Skips where it cannot be had.
    """
    if reason := why_not():
        pytest.skip(reason)
    main = f"smtp_tls_security_level = {tls}\n" + (DEPLOY / "main.cf").read_text()
    with started(main, (DEPLOY / "master.cf").read_text(), {"transport": f"{DOMAIN} {transport}\n"}) as running:
        yield running

"""`patchlog log verify`: shows that the log is what it was, or where it is not; or that two logs are the same."""

import re

import click

from patchlog.terminal import tell
from schemas.settings import Settings

EXPECTED = re.compile(r"([0-9a-fA-F]{64})@([0-9]{1,18})")


@click.command("verify", short_help="Say which records were damaged, changed or lost.")
@click.argument("urls", metavar="[URL] [URL]", nargs=-1)
@click.option("--expect", "expected", metavar="HASH@ID", multiple=True, help="A running hash that was written down.")
@click.pass_obj
def verify_command(settings: Settings, urls: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Read every record of the log, or of the one at a URL, and say what is wrong; of two logs, compare every record.

    Each record is held to its digest, and all of them to the running hash that the read model has, and to those that
    were written down. Two logs are equal when one has all records of the other: type, version, time, id and content.

    \b
    Example: patchlog log verify
    """
    if len(urls) > 2:
        raise click.UsageError(f"expected at most two URLs, came {len(urls)}")
    if len(urls) == 2 and expected:
        raise click.UsageError("--expect: expected one log, came two")
    written = _read_expected(expected)
    if len(urls) == 2:
        _compare(settings, urls[0], urls[1])
    else:
        _verify(settings, urls[0] if urls else settings.log_url, written)


def _read_expected(expected: tuple[str, ...]) -> dict[int, bytes]:
    """Record id -> running hash. Raises UsageError."""
    written: dict[int, bytes] = {}
    for text in expected:
        found = EXPECTED.fullmatch(text)
        if found is None:
            raise click.UsageError(f"--expect: expected 64 hexadecimal digits, @ and a record id, came {text!r}")
        written[int(found[2])] = bytes.fromhex(found[1])
    return written


def _verify(settings: Settings, url: str, written: dict[int, bytes]) -> None:
    from ingest.log.verifying import Witness, verify_log
    from patchlog.bar import told_progress
    from patchlog.stores import opened_url
    from patchlog.witnesses import read_model_witnesses

    witnesses = [Witness("--expect", written)] if written else []
    if url == settings.log_url:
        witnesses += read_model_witnesses(settings)
    with opened_url(url, settings) as log, told_progress() as show:
        found = verify_log(log, witnesses, click.echo, show)
    if found.wrong:
        things = "one thing is" if found.wrong == 1 else f"{found.wrong} things are"
        raise click.ClickException(f"{things} wrong with the log {url}, see above ({found.records} records were read)")
    tell(f"{found.records} records are what they were; running hash {found.running.hex()}@{found.last}")


def _compare(settings: Settings, url: str, other_url: str) -> None:
    from ingest.log.copying import compare_logs
    from patchlog.bar import told_progress
    from patchlog.stores import opened_url

    with opened_url(url, settings) as log, opened_url(other_url, settings) as other, told_progress() as show:
        found = compare_logs(log, other, show)
    tell(f"{found.equal} records are equal; running hash {found.running.hex()}@{found.last}")
    for name, more in ((url, found.more_left), (other_url, found.more_right)):
        if more:
            tell(f"{name} has {more} more")

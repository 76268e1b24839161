"""Tests each new revision of a project, and reports what came out: an example to begin from.

python ci_bot.py http://127.0.0.1:8000/api/1.0 demo --repo ~/src/demo --base origin/main \
    --test ci/build --token-file token --state ci_bot.url -- make check

Needs Python 3.9 or newer, and git. It may be killed at any moment: it goes on with the revision it was at.
"""

import argparse
import http.client
import json
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

WAIT_SECONDS = 60
AGAIN_SECONDS = 5
TRY_AGAIN = (429, 502, 503, 504)
GONE = (404, 410)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("api", help="where the API is, such as https://patches.example.org/api/1.0")
    parser.add_argument("project", help="the project's linkname")
    parser.add_argument("--repo", required=True, help="a git repository")
    parser.add_argument("--base", default="HEAD", help="what the patches are put upon")
    parser.add_argument("--test", required=True, help="under which name the results are reported")
    parser.add_argument("--token-file", type=Path, required=True, help="a file with the token's secret")
    parser.add_argument("--state", type=Path, required=True, help="the file in which it remembers where it was")
    parser.add_argument("command", nargs="+", help="what tests a revision: it passes if the exit status is 0")
    given = parser.parse_args()
    token = given.token_file.read_text().strip()
    url = given.state.read_text() if given.state.exists() else begin(given.api, given.project)
    while True:
        remember(given.state, url)
        events, url = follow(url)
        for event in events:
            revision = f"{given.api}/series/{event['series']}/revisions/{event['parameters']['revision']}"
            handle(revision, given, token)


def begin(api: str, project: str) -> str:
    """The part of the feed behind the newest event: what is there already is not tested."""
    feed = f"{api}/projects/{project}/events/"
    newest = json.loads(ask(f"{feed}?perpage=1")[0])["results"]
    return f"{feed}?name=series-new-revision&wait={WAIT_SECONDS}&after={newest[0]['id'] if newest else 0}"


def follow(url: str) -> tuple:
    """What is at this place of the feed, the oldest first, and the URL of the place behind it."""
    body, headers = ask(url)
    return json.loads(body)["results"], re.fullmatch(r'<(.+)>; rel="next"', headers["Link"])[1]


def remember(state: Path, url: str) -> None:
    """Store where to go on, so that either all of it is there or what was there before."""
    fresh = state.with_name(f"{state.name}.new")
    fresh.write_text(url)
    fresh.replace(state)


def handle(revision: str, given: argparse.Namespace, token: str) -> None:
    """Test one revision. A result replaces the one before, so it does no harm to come here twice."""
    results = f"{revision}/test-results/"
    try:
        mbox = ask(f"{revision}/mbox/")[0]
    except urllib.error.HTTPError as error:
        if error.code not in GONE:
            raise
        print(revision, "is no more", flush=True)
        return
    report(results, token, {"test_name": given.test, "state": "pending"})
    state, summary = test(given.repo, given.base, mbox, given.command)
    report(results, token, {"test_name": given.test, "state": state, "summary": summary})
    print(revision, state, summary, flush=True)


def test(repository: str, base: str, mbox: bytes, command: list) -> tuple:
    """Put the patches on the base, in a folder of their own, and run the command there: a state and a summary."""
    subprocess.run(["git", "-C", repository, "fetch", "--quiet", "--all"], check=True)
    subprocess.run(["git", "-C", repository, "worktree", "prune"], check=True)  # those of a bot that was killed
    with tempfile.TemporaryDirectory() as folder:
        tree = f"{folder}/tree"
        subprocess.run(["git", "-C", repository, "worktree", "add", "--quiet", "--detach", tree, base], check=True)
        try:
            ours = ["-c", "user.name=ci", "-c", "user.email=ci@localhost"]
            applied = subprocess.run(["git", "-C", tree, *ours, "am", "--quiet", "-3"], input=mbox)
            if applied.returncode:
                return "failure", f"does not apply to {base}"
            done = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            last = done.stdout.decode(errors="replace").strip().rpartition("\n")[2]
            return "failure" if done.returncode else "success", last[:200]
        finally:
            subprocess.run(["git", "-C", repository, "worktree", "remove", "--force", tree], check=True)


def report(url: str, token: str, result: dict) -> None:
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    ask(urllib.request.Request(url, json.dumps(result).encode(), headers))


def ask(request) -> tuple:
    """Body and headers of the answer; waits where the server is away or busy. Raises HTTPError for all other errors."""
    while True:
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS + 30) as response:
                return response.read(), response.headers
        except urllib.error.HTTPError as error:
            if error.code not in TRY_AGAIN:
                print(error.code, error.read().decode(errors="replace"), flush=True)
                raise
            seconds = error.headers.get("Retry-After", "")
            time.sleep(int(seconds) if seconds.isdecimal() else AGAIN_SECONDS)
        except (OSError, http.client.HTTPException) as error:
            print("tried again:", error, flush=True)
            time.sleep(AGAIN_SECONDS)


if __name__ == "__main__":
    main()

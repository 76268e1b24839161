"""deploy/nginx: nginx takes the site, and what is documented works through it."""

import gzip
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from tests.api.changing.conftest import PASSWORD, Live, basic, make_live
from tests.api.changing.serving import serving
from tests.api.test_server import free_port, wait_until_it_listens
from tests.ingest.smtp.certificates import make_certificate

SITE = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "patchlog.conf"
AROUND = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    include {folder}/site.conf;
}}
"""


def find_nginx() -> str:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed (deploy/install-test-tools)")
    return nginx


def lay_out(folder: Path, plain: int, tls: int, upstream: int = 8000) -> list[str]:
    """Put the site where these ports are free, with a certificate; and give the command that takes it."""
    command = [find_nginx(), "-q", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    certificate = make_certificate(folder / "both.pem", "patchlog.example.org")
    site = SITE.read_text()
    for before, after in (
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("listen 443", f"listen 127.0.0.1:{tls}"),
        ("server 127.0.0.1:8000", f"server 127.0.0.1:{upstream}"),
        ("/etc/ssl/patchlog/fullchain.pem;", f"{certificate};"),
        ("/etc/ssl/patchlog/privkey.pem;", f"{certificate};"),
    ):
        assert before in site
        site = site.replace(before, after)
    site = "\n".join(line for line in site.splitlines() if "[::]" not in line)  # there may be no IPv6 here
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    return command


def test_nginx_takes_the_site_without_complaint(tmp_path: Path) -> None:
    command = lay_out(tmp_path, 8080, 8443)
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    yield from make_live(tmp_path_factory.mktemp("behind"))


def test_documented_flow_works_behind_it(live: Live, tmp_path: Path) -> None:
    find_nginx()
    tls = free_port()
    with serving(live.settings) as served:
        command = lay_out(tmp_path, free_port(), tls, served.port)
        nginx = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            wait_until_it_listens(nginx, tls)
            path = f"/api/1.0/patches/{live.patches[0]}/"
            status, headers, body = call(tls, "GET", path, {"Accept-Encoding": "gzip"})
            assert (status, headers["content-encoding"]) == (200, "gzip")
            assert headers["etag"].startswith('W/"'), "what this test is about"
            assert json.loads(gzip.decompress(body))["id"] == live.patches[0]
            change = {"If-Match": headers["etag"], "Content-Type": "application/json"}
            assert call(tls, "PATCH", path, change, b'{"state": "RFC"}')[0] == 200
            status, headers, body = call(tls, "PATCH", path, change, b'{"state": "New"}')
            assert status == 412, "somebody changed it since"
            status, headers, body = call(tls, "PATCH", path, change, b" " * (1024 * 1024 + 1))
            check_problem(413, status, headers, body)
        finally:
            nginx.terminate()
            nginx.communicate()


def test_server_that_is_away_is_told_as_json(tmp_path: Path) -> None:
    tls = free_port()
    command = lay_out(tmp_path, free_port(), tls, free_port())
    site = (tmp_path / "site.conf").read_text()
    assert "rate=20r/s" in site and "burst=100" in site
    (tmp_path / "site.conf").write_text(site.replace("rate=20r/s", "rate=1r/m").replace("burst=100", "burst=1"))
    nginx = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until_it_listens(nginx, tls)
        status, headers, body = call(tls, "GET", "/api/1.0/", {})
        check_problem(502, status, headers, body)
        assert headers["retry-after"] == "5"
        statuses = [call(tls, "GET", "/api/1.0/", {})[0] for _ in range(2)]
        assert statuses == [502, 429], "one of a burst, and one more"
        status, headers, body = call(tls, "GET", "/api/1.0/", {})
        check_problem(429, status, headers, body)
        assert headers["retry-after"] == "5"
    finally:
        nginx.terminate()
        nginx.communicate()


def check_problem(expected: int, status: int, headers: dict[str, str], body: bytes) -> None:
    assert (status, headers["content-type"]) == (expected, "application/problem+json")
    assert set(json.loads(body)) == {"detail"}


def call(port: int, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    sent = {"Host": "patchlog.example.org", "Authorization": basic("max", PASSWORD), **headers}
    try:
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()

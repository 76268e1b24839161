"""deploy/nginx: nginx takes the site."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_nginx_takes_the_site_without_complaint(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed (deploy/install-test-tools)")
    certificate = make_certificate(tmp_path / "both.pem", "patchlog.example.org")
    site = SITE.read_text().replace("listen 80", "listen 127.0.0.1:8080").replace("listen 443", "listen 127.0.0.1:8443")
    for name in ("fullchain.pem", "privkey.pem"):
        assert f"/etc/ssl/patchlog/{name};" in site
        site = site.replace(f"/etc/ssl/patchlog/{name}", str(certificate))
    site = "\n".join(line for line in site.splitlines() if "[::]" not in line)  # there may be no IPv6 here
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path))
    command = [nginx, "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")

"""Certificates of our own, made by openssl."""

import shutil
import subprocess
from pathlib import Path

import pytest


def make_certificate(path: Path, name: str = "mx.example.org") -> Path:
    """A PEM file with a new key and a certificate for a name; skips where openssl is missing."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (deploy/install-test-tools)")
    key = path.with_suffix(".key")
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "2"]
    made = path.with_suffix(".crt")
    subprocess.run([*request, *subject, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    new = path.with_suffix(".new")
    new.write_bytes(made.read_bytes() + key.read_bytes())
    new.replace(path)
    return path

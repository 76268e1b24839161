"""The certificate for STARTTLS (RFC 3207)."""

import ssl
from pathlib import Path

from ingest.smtp.files import Fresh


def open_certificate(certificate: str, key: str) -> Fresh[ssl.SSLContext] | None:
    """Read the settings `smtp_certificate` and `smtp_key`; None where there is none. It is read again when replaced.

    Raises ValueError naming the setting, what was expected and what came.
    """
    if not certificate:
        if key:
            raise ValueError(f"smtp_key: expected smtp_certificate beside it, came {key!r} alone")
        return None
    paths = [Path(certificate), Path(key or certificate)]
    return Fresh(paths, lambda: _read(*paths))


def _read(certificate: Path, key: Path) -> ssl.SSLContext:
    for setting, path in (("smtp_certificate", certificate), ("smtp_key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise ValueError(f"{setting}: expected a PEM file, came {path} ({error.strerror})") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")  # else OpenSSL asks for one at the terminal
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(
            f"smtp_certificate: expected a certificate and its key, came {certificate} and {key} ({error})"
        ) from None
    return context

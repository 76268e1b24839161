"""Says what kind of archive a path is, by what is there rather than by its name."""

from pathlib import Path

from ingest.archive.compressed import Unpacking, compression_of
from ingest.archive.contract import Archive, ArchiveError
from ingest.archive.files import eml_files, maildir
from ingest.archive.mbox import MboxArchive
from ingest.archive.public_inbox import PublicInbox, open_epoch


def open_archive(path: Path, max_mail_bytes: int) -> Archive:
    """Open the archive at `path`; mails above max_mail_bytes will be left out.

    Raises ArchiveError saying what was looked for when it is none.
    """
    try:
        if path.is_file():
            return _open_file(path, max_mail_bytes)
        if path.is_dir():
            return _open_folder(path, max_mail_bytes)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror}") from None
    if path.exists():
        raise ArchiveError(f"{path}: expected a file or a folder, came something else")
    raise ArchiveError(f"{path}: no such file or folder")


def _open_file(path: Path, max_mail_bytes: int) -> Archive:
    single = eml_files(path, max_mail_bytes)
    if single:
        return single
    with path.open("rb") as file:
        head = file.read(512)
    compression = compression_of(head)
    if compression:
        head = next(Unpacking(path, compression).chunks(), b"")
    begin = head.lstrip(b"\r\n")[:40]
    if begin and not begin.startswith(b"From "):
        raise ArchiveError(
            f"{path}: expected an mbox, which begins with a line `From ...` (plain, gzip, bzip2, xz or zstd), "
            f"or a file named .eml; it begins with {begin!r}"
        )
    return MboxArchive(path, compression, max_mail_bytes)


def _open_folder(path: Path, max_mail_bytes: int) -> Archive:
    repositories = _epochs(path)
    if repositories:
        epochs = [epoch for name, git_dir in repositories if (epoch := open_epoch(name, git_dir))]
        return PublicInbox(f"public-inbox with {len(epochs)} of its repositories", epochs, max_mail_bytes)
    repository = next((place for place in (path, path / ".git") if _is_repository(place)), None)
    if repository:
        epoch = open_epoch("", repository)
        return PublicInbox("public-inbox", [epoch] if epoch else [], max_mail_bytes)
    if (path / "new").is_dir() and (path / "cur").is_dir():
        return maildir(path, max_mail_bytes)
    files = eml_files(path, max_mail_bytes)
    if files:
        return files
    raise ArchiveError(
        f"{path}: expected an archive of mail: a public-inbox (git/0.git or all.git inside, or a repository itself), a "
        f"maildir (new and cur inside) or a folder with .eml files somewhere in it; it is none of them"
    )


def _epochs(path: Path) -> list[tuple[str, Path]]:
    """The epochs of a public-inbox of version 2, in their order; all.git alone when it is all there is."""
    numbered = [
        (int(place.stem), place) for place in path.glob("git/*.git") if place.stem.isdecimal() and _is_repository(place)
    ]
    if numbered:
        return [(str(number), place) for number, place in sorted(numbered)]
    return [("all", path / "all.git")] if _is_repository(path / "all.git") else []


def _is_repository(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir()

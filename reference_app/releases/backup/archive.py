"""Write, verify and read an archive: one file with the database, the uploads and checksums.

An archive is a tar file. Its members, in this order:

    manifest.json          describes the archive (manifest.py)
    database.dump          the database: by pg_dump in its custom format, or
    database.sqlite3       an SQLite file
    files/ab/ab12...       each upload, under its stored name
    SHA256SUMS             the checksums of all members before it, for ``sha256sum --check``

An archive that is cut off has no SHA256SUMS, so it is never taken for a complete one. Each format,
also a later one, begins with a manifest that has the field ``format``.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from reference_app.releases.backup.errors import BackupError
from reference_app.releases.backup.manifest import FORMAT, Manifest

MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
UPLOADS = "files/"
MAX_MANIFEST_BYTES = 1 << 20

_UPLOAD = re.compile(rf"{UPLOADS}\w[\w-]*/\w[\w.-]*", re.ASCII)
_CHECKSUM = re.compile(r"([0-9a-f]{64})  (.+)")
_BLOCK_BYTES = 1 << 20


def write_archive(
    stream: IO[bytes], manifest: Manifest, dump: Path, uploads: Iterable[tuple[str, Path]]
) -> None:
    """Write an archive to a stream, which need not be seekable.

    Args:
        stream: the archive's file.
        manifest: its description.
        dump: the dump of the database.
        uploads: the stored name and the path of each upload. Those that are removed meanwhile are
            left out.
    """
    with tarfile.open(fileobj=stream, mode="w|", dereference=True) as tar:
        checksums = [_add_bytes(tar, MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")]
        checksums.append(_add_file(tar, manifest.dump, dump))
        for name, path in uploads:
            try:
                checksums.append(_add_file(tar, UPLOADS + name, path))
            except FileNotFoundError:
                continue
        _add_bytes(tar, CHECKSUMS, "".join(checksums).encode())


def verify_archive(path: Path) -> Manifest:
    """Read a whole archive, and compare all checksums; return its manifest.

    Raises:
        BackupError: the archive is damaged, incomplete, of another format, or contains what it
            should not.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            manifest, digest = _read_manifest(tar)
            found = {MANIFEST: digest}
            wanted: dict[str, str] | None = None
            while (member := tar.next()) is not None:
                if wanted is not None or member.name in found or not _belongs(member, manifest):
                    raise BackupError(_damaged(path))
                with _content(tar, member) as content:
                    if member.name == CHECKSUMS:
                        wanted = _parse_checksums(content.read().decode())
                    else:
                        found[member.name] = _digest(content)
    except (tarfile.TarError, OSError, EOFError, ValueError):
        raise BackupError(_damaged(path)) from None
    if wanted is None or manifest.dump not in found:
        raise BackupError(f"{path.name} is incomplete: nothing was changed.")
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise BackupError(f"{path.name} is damaged ({name}): nothing was changed.")
    return manifest


def extract_dump(path: Path, manifest: Manifest, into: Path) -> Path:
    """Write the database of a verified archive into a folder; return its path."""
    dump = into / manifest.dump
    with tarfile.open(path, "r:") as tar:
        member = tar.getmember(manifest.dump)
        with _content(tar, member) as content, dump.open("wb") as file:
            shutil.copyfileobj(content, file, _BLOCK_BYTES)
    return dump


def read_uploads(path: Path) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes]]]:
    """Yield the stored name, the attributes and the content of each upload of an archive."""
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            if member.name.startswith(UPLOADS):
                with _content(tar, member) as content:
                    yield member.name.removeprefix(UPLOADS), member, content


def _read_manifest(tar: tarfile.TarFile) -> tuple[Manifest, str]:
    """Read the first member; return the manifest and its checksum.

    Raises:
        BackupError: the archive is of another format.
        ValueError: this is no archive.
    """
    member = tar.next()
    if member is None or member.name != MANIFEST or member.size > MAX_MANIFEST_BYTES:
        raise ValueError("no manifest")
    with _content(tar, member) as content:
        text = content.read()
    try:
        return Manifest.model_validate_json(text), hashlib.sha256(text).hexdigest()
    except ValidationError:
        described = json.loads(text)
        number = described.get("format") if isinstance(described, dict) else None
        if isinstance(number, int) and number != FORMAT:
            raise BackupError(
                f"{Path(str(tar.name)).name} has format {number}, and this release reads format "
                f"{FORMAT}: restore it with the release that made it. Nothing was changed."
            ) from None
        raise


def _belongs(member: tarfile.TarInfo, manifest: Manifest) -> bool:
    """Return whether a member after the manifest may be in an archive: no links, no other paths."""
    known = member.name in {manifest.dump, CHECKSUMS} or _UPLOAD.fullmatch(member.name)
    return member.isreg() and bool(known)


@contextmanager
def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[IO[bytes]]:
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise ValueError(f"{member.name} is no file")
    with content:
        yield content


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := content.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _parse_checksums(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _CHECKSUM.fullmatch(line)
        if match is None:
            raise ValueError("no checksum")
        found[match[2]] = match[1]
    return found


def _damaged(path: Path) -> str:
    return f"{path.name} is damaged, or no backup: nothing was changed."


class _HashingReader:
    """Reads a file, and computes the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes."""
        content = self._file.read(size)
        self.sha256.update(content)
        return content


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Add a file; return its line of SHA256SUMS."""
    with path.open("rb") as file:
        member = tar.gettarinfo(arcname=name, fileobj=file)
        return _add(tar, member, file)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> str:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    return _add(tar, member, io.BytesIO(content))


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo, content: IO[bytes]) -> str:
    # Owners differ between deployments, and are not restored.
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    reader = _HashingReader(content)
    tar.addfile(member, reader)
    return f"{reader.sha256.hexdigest()}  {member.name}\n"

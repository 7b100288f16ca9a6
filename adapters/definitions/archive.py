"""A process package as one zip: diagrams, tables, forms, texts and chosen schemes; what is too large, strange or a bomb is refused before it is read."""
from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from engine.refusals import Finding, Invalid

FIRST = (1980, 1, 1, 0, 0, 0)  # the oldest moment a zip can say: the same files always give the same bytes
MOST_FILES = 500
LARGEST_FILE = 2_000_000  # bytes unpacked
LARGEST_ALL = 30_000_000
HIGHEST_RATIO = 200  # bytes out for one byte in
KINDS = frozenset({".bpmn", ".dmn", ".yaml"})
SCHEMES = "schemes/"


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds. `files`: as `read_bundle` takes them; `schemes`: id → file."""

    files: Mapping[str, bytes]
    schemes: Mapping[str, bytes] = field(default_factory=dict)


def packed(files: Mapping[str, bytes], schemes: Mapping[str, bytes]) -> bytes:
    """One zip; its bytes depend on the content only."""
    made = io.BytesIO()
    content = {**files, **{f"{SCHEMES}{id}.yaml": body for id, body in schemes.items()}}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name, FIRST), content[name], zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpacked(data: bytes) -> Archive:
    """The files of an archive. Raises Invalid with every entry that will not do; nothing is ever written to disk."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError):
        raise Invalid([Finding("archive.no_zip")]) from None
    with archive:
        entries = [one for one in archive.infolist() if not one.is_dir()]
        problems = _problems(entries)
        if problems:
            raise Invalid(problems)
        return _sorted({entry.filename: _read(archive, entry) for entry in entries})


def _problems(entries: list[zipfile.ZipInfo]) -> list[Finding]:
    if len(entries) > MOST_FILES:
        return [Finding("archive.too_many", details={"limit": MOST_FILES, "count": len(entries)})]
    found = []
    names: set[str] = set()
    for entry in entries:
        name = entry.filename
        path = PurePosixPath(name)
        mode = entry.external_attr >> 16
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\x00" in name or len(name) > 200 or stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            found.append(Finding("archive.name", name, details={"name": name[:80]}))
        elif path.suffix not in KINDS:
            found.append(Finding("archive.kind", name, details={"name": name}))
        elif name in names:
            found.append(Finding("archive.twice", name, details={"name": name}))
        elif entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            found.append(Finding("archive.packing", name, details={"name": name}))
        elif entry.file_size > LARGEST_FILE or entry.file_size > HIGHEST_RATIO * max(entry.compress_size, 1):
            found.append(Finding("archive.too_large", name, details={"name": name, "limit": LARGEST_FILE // 1_000_000}))
        names.add(name)
    if sum(entry.file_size for entry in entries) > LARGEST_ALL:
        found.append(Finding("archive.all_too_large", details={"limit": LARGEST_ALL // 1_000_000}))
    return found


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """At most what the entry says of itself: a header that lies is refused, not followed."""
    try:
        with archive.open(entry) as stream:
            body = stream.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError):
        raise Invalid([Finding("archive.broken", entry.filename, details={"name": entry.filename})]) from None
    if len(body) != entry.file_size:
        raise Invalid([Finding("archive.broken", entry.filename, details={"name": entry.filename})])
    return body


def _sorted(content: Mapping[str, bytes]) -> Archive:
    """The package's files and its schemes; one folder around everything is taken off, as file managers add it."""
    tops = {name.partition("/")[0] for name in content}
    if "package.yaml" not in content and len(tops) == 1:
        content = {name.partition("/")[2]: body for name, body in content.items()}
    if "package.yaml" not in content:
        raise Invalid([Finding("package.missing", "package.yaml")])
    schemes = {PurePosixPath(name).stem: body for name, body in content.items() if name.startswith(SCHEMES)}
    return Archive({name: body for name, body in content.items() if not name.startswith(SCHEMES)}, schemes)

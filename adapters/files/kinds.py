"""What a file is, said by its content and never by its name; opens no file."""
from __future__ import annotations

import io
import zipfile
from collections.abc import Collection

from engine.refusals import Refused

MP4, WEBM, PDF, JPEG, PNG, CSV = "video/mp4", "video/webm", "application/pdf", "image/jpeg", "image/png", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ARCHIVE = "application/zip"  # what an office document looks like from outside; never taken as such
OFFICE = {"xl/workbook.xml": XLSX, "word/document.xml": DOCX}  # the part that only this kind has
KINDS = (MP4, WEBM, PDF, JPEG, PNG, CSV, XLSX, DOCX)  # no svg, no html: nothing that could run in a page
PREVIEWED = frozenset({MP4, WEBM, PDF, JPEG, PNG})
MP4_BRANDS = (b"isom", b"iso", b"mp4", b"avc", b"M4V", b"dash", b"MSNV", b"f4v", b"3gp")
MOST_ENTRIES, MOST_UNPACKED, MOST_RATIO = 1000, 50_000_000, 100
OFFICE_LIMIT = 20_000_000  # bytes an office document may have, as it is read whole


def kind_of(head: bytes) -> str | None:
    """The media type that the first bytes (at least 4,096, or all there are) show; None for everything that is not taken.

    An office document shows only that it is an archive (`ARCHIVE`); `office_kind` looks inside. CSV is what is text and begins like no markup.
    """
    if head[4:8] == b"ftyp" and head[8:12].startswith(MP4_BRANDS):
        return MP4
    if head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:64]:
        return WEBM
    if head[:5] == b"%PDF-":
        return PDF
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    if head[:4] == b"PK\x03\x04":
        return ARCHIVE
    return CSV if _is_table_text(head) else None


def _is_table_text(head: bytes) -> bool:
    if not head or b"\0" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"%"):
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = head[:4096].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < min(len(head), 4096) - 4:  # not merely cut in the middle of a character
                continue
            text = head[: error.start].decode(encoding)
        return all(each.isprintable() or each in "\r\n\t" for each in text)
    return False


def accepts(accept: Collection[str], kind: str) -> bool:
    """Whether a form's list of media types (`video/mp4`, `image/*`) names that kind."""
    return any(each == kind or (each.endswith("/*") and kind.startswith(each[:-1])) for each in accept)


def office_kind(content: bytes) -> str:
    """Which office document this is. Nothing is unpacked: entries, size and ratio are bounded by the archive's own list; no macros.

    Raises: Refused `file.archive` for a bomb or a broken archive, `file.kind` for any other archive, `file.too_large`.
    """
    if len(content) > OFFICE_LIMIT:
        raise Refused("file.too_large", limit=OFFICE_LIMIT, size=len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused("file.archive") from error
    names, unpacked = {entry.filename for entry in entries}, sum(entry.file_size for entry in entries)
    odd = any(entry.filename.startswith("/") or ".." in entry.filename.split("/") or entry.filename.endswith((".zip", ".bin")) for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * len(content) or odd:
        raise Refused("file.archive")
    found = [kind for part, kind in OFFICE.items() if part in names]
    if "[Content_Types].xml" not in names or len(found) != 1:
        raise Refused("file.kind", found=ARCHIVE)
    return found[0]

"""Reads packages, schemes and calendars from the project's folders; checks nothing and follows no link out of them."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.refusals import NotFound

KINDS = frozenset({".bpmn", ".dmn", ".yaml"})
APART = frozenset({"schemes", "demo", "rehearsals"})  # folders of a package that are not part of what is published
LIMIT = 2_000_000  # bytes a file


class Library:
    """The folders `processes/` and `forms/` below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def packages(self) -> list[str]:
        """The names of the packages there are."""
        return sorted(path.parent.name for path in (self.root / "processes").glob("*/package.yaml"))

    def package(self, name: str) -> dict[str, bytes]:
        """The files of a package, its forms as `forms/<id>.yaml`. Raises NotFound `package.folder`."""
        folder = self._folder(name)
        files = {path.relative_to(folder).as_posix(): content for path, content in _files(folder) if path.relative_to(folder).parts[0] not in APART}
        forms = self.root / "forms" / name
        return files | {f"forms/{path.name}": content for path, content in _files(forms)}

    def schemes(self, name: str) -> dict[str, bytes]:
        """Scheme id → file content."""
        return {path.stem: content for path, content in _files(self._folder(name) / "schemes")}

    def scheme(self, name: str, scheme: str) -> bytes:
        """Raises NotFound `scheme.folder`, naming those there are."""
        found = self.schemes(name)
        if scheme not in found:
            raise NotFound("scheme.folder", package=name, scheme=scheme, known="、".join(found))
        return found[scheme]

    def part(self, name: str, part: str, file: str) -> bytes:
        """A file of `demo/` or `rehearsals/`. Raises NotFound `package.part`."""
        path = self._folder(name) / part / f"{file}.yaml"
        if part not in APART or not path.is_file() or path.resolve().parent != (self._folder(name) / part).resolve():
            raise NotFound("package.part", package=name, part=part, file=file)
        return path.read_bytes()

    def calendars(self) -> dict[str, bytes]:
        """File name → content of every calendar year."""
        return {path.name: content for path, content in _files(self.root / "processes" / "calendars")}

    def _folder(self, name: str) -> Path:
        if name not in self.packages():
            raise NotFound("package.folder", package=name, known="、".join(self.packages()))
        return self.root / "processes" / name


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in KINDS and path.is_file() and not path.is_symlink() and path.stat().st_size <= LIMIT:
            yield path, path.read_bytes()

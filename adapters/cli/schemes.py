"""`banli scheme …`: checks a scheme and makes a new one from another; the checks are the engine's."""
from __future__ import annotations

import argparse
import re
from pathlib import Path

from adapters.cli import say
from adapters.system import ROOT
from adapters.system.checks import Library, check_package, check_scheme
from engine.refusals import Refused

LANGUAGE = "zh"
CARRIED = "沿用{source}，待核对"


def check(given: argparse.Namespace) -> int:
    """Every finding with file, key and line; exit code 1 when one refuses."""
    library = Library(ROOT)
    package, body, file = _scheme(library, given.scheme)
    bundle = check_package(library.package(package))
    scheme, findings = check_scheme(library, bundle, body, file, "publish" if given.publish else "plan")
    errors = say.findings(LANGUAGE, findings)
    print(f"{'✗ 不能使用' if errors else '✓ 可以使用'}：{scheme.title}（{package} {bundle.package.version}，图 {bundle.diagrams_hash[:12]}）")
    return 1 if errors else 0


def _scheme(library: Library, name: str) -> tuple[str, bytes, str]:
    """(package, content, file name) of `package/scheme` or of a file."""
    path = Path(name)
    if path.suffix == ".yaml" and path.is_file():
        body = path.read_bytes()
        found = re.search(rb"^package:\s*([a-z0-9_-]+)\s*$", body, re.MULTILINE)
        if found is None:
            raise Refused("cli.scheme", scheme=name)
        return found[1].decode(), body, path.name
    package, slash, scheme = name.partition("/")
    if not slash:
        raise Refused("cli.scheme", scheme=name)
    return package, library.scheme(package, scheme), f"schemes/{scheme}.yaml"


def new(given: argparse.Namespace) -> int:
    """Copies a scheme's parameters, not its people or cases; what the old notice said is no longer said by one, so its mark becomes 项目示例."""
    library = Library(ROOT)
    package, _, name = given.scheme.partition("/")
    source = library.scheme(package, given.source).decode()
    target = library.root / "processes" / package / "schemes" / f"{name}.yaml"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,60}", name):
        raise Refused("scheme.name", name=name)
    if target.exists():
        raise Refused("scheme.exists", scheme=given.scheme)
    target.write_text(carried_over(source, given.source, name, given.title), encoding="utf-8")
    print(f"已新建 {target.relative_to(library.root)}，请核对各项日期、文号、名额，再运行 banli scheme check {given.scheme}")
    return 0


def carried_over(text: str, source: str, name: str, title: str) -> str:
    """The file of the new scheme: other head, every 原文 marked as carried over (`note`), everything else as it was."""
    lines = []
    for line in text.splitlines():
        if line.startswith("scheme:"):
            line = f"scheme: {name}"
        elif line.startswith("title:") and title:
            line = f"title: {title}"
        else:
            line = _unmarked(line, source)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _unmarked(line: str, source: str) -> str:
    note = CARRIED.format(source=source)
    if re.match(r"\s*origin:\s*原文\s*$", line):
        indent = line[: len(line) - len(line.lstrip())]
        return f"{indent}origin: 项目示例\n{indent}note: {note}"
    return re.sub(r"origin:\s*原文\b", f"origin: 项目示例, note: {note}", line)

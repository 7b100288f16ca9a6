"""The house rules as functions from a folder to findings; the tests beside it apply them to the project and prove that each can fail."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from string import Formatter

PURE = ("engine", "forms")
ALLOWED = {  # beyond the standard library; re2 is linear in time, so patterns out of a file may run on it; orjson writes canonical JSON
    "engine": {"engine", "forms", "lxml", "yaml", "re2", "orjson"},
    "forms": {"forms", "engine.refusals", "engine.feel", "yaml", "re2"},
}
# What the standard library has of clocks, dice and cables.
IMPURE_MODULES = {
    "asyncio", "concurrent", "ctypes", "http", "io", "logging", "multiprocessing", "os", "pathlib", "pickle", "random", "secrets", "shutil",
    "signal", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__"}
IMPURE_METHODS = {"uuid1", "uuid4", "utcnow", "read_text", "read_bytes", "write_text", "write_bytes", "getenv", "urandom"}
CLOCKS = {"datetime", "date", "dt"}
# The composition root and who may import it: the entry points.
SYSTEM = "adapters.system"
ENTRY_POINTS = re.compile(r"adapters/(system\.py|worker(\.py|/.*)|cli/.*|web/(app|factory|main)\.py)$")
STARTED_BY_THE_COMMAND_LINE = ("adapters.web.app", "adapters.worker")  # `banli serve` and `banli worker` start these
WORDS = "adapters.locale"

MACHINE_PATH = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root)/")
DOWNLOAD = re.compile(r'"resolved": *"http|--index[-]url|--find[-]links|https?://[A-Za-z0-9.-]*(registry|files\.|pypi|npmjs|releases/download)', re.IGNORECASE)
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b")
QUOTED = re.compile(r"「[^」]*」|《[^》]*》|“[^”]*”|『[^』]*』")
OWN_TEXTS = ("adapters/", "engine/", "forms/", "processes/", "docs/", "frontend/src/", "README", "CHANGELOG", "run.py")
TRAP = "表" "彰"  # the office's selections are 评选/通报表扬; this other word is reserved by regulation


@dataclass(frozen=True)
class Module:
    path: str
    tree: ast.Module
    source: str


def tracked(root: Path) -> list[str]:
    """The files of the project: what git has, or, in a folder without git, every file that is not hidden or built."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout.split("\0")
        return sorted(name for name in listed if name and (root / name).is_file())
    skipped = {"node_modules", "dist", "__pycache__", "var"}
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in files if not any(part.startswith(".venv") or part in skipped for part in path.parts))


def texts(root: Path) -> Iterator[tuple[str, str]]:
    for name in tracked(root):
        try:
            yield name, (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture


def modules(root: Path, *folders: str) -> Iterator[Module]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield module_at(root, path)


def module_at(root: Path, path: Path) -> Module:
    source = path.read_text(encoding="utf-8")
    return Module(path.relative_to(root).as_posix(), ast.parse(source), source)


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything imported anywhere in the module; `from a import b` gives a.b, relative names are made full."""
    package = module.path.removesuffix(".py").removesuffix("/__init__").split("/")
    if not module.path.endswith("__init__.py"):
        package = package[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{prefix}.{alias.name}") for alias in node.names)


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def pure_rooms_import_only_what_they_may(root: Path) -> list[str]:
    found = []
    for module in modules(root, *PURE):
        room = module.path.partition("/")[0]
        for line, name in imported(module):
            top = name.partition(".")[0]
            if top in IMPURE_MODULES:
                found.append(f"{module.path}:{line}: {top} is a clock, dice or a cable")
            elif top not in sys.stdlib_module_names and not within(name, *ALLOWED[room]):
                found.append(f"{module.path}:{line}: {room} must not import {name}")
    return found


def pure_rooms_call_nothing_impure(root: Path) -> list[str]:
    found = []
    for module in modules(root, *PURE):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and (name := impure_call(node.func)):
                found.append(f"{module.path}:{node.lineno}: {name}() reads a clock, throws dice or touches the machine")
    return found


def impure_call(called: ast.expr) -> str | None:
    match called:
        case ast.Name(name) if name in IMPURE_CALLS | IMPURE_METHODS:
            return name
        case ast.Attribute(ast.Name(owner), name) if owner in CLOCKS and name in {"now", "today"}:
            return f"{owner}.{name}"
        case ast.Attribute(ast.Attribute(_, owner), name) if owner in CLOCKS and name in {"now", "today"}:
            return f"{owner}.{name}"
        case ast.Attribute(_, name) if name in IMPURE_METHODS:
            return name
    return None


def adapters_keep_apart(root: Path) -> list[str]:
    """adapters/x imports engine, forms, its own library and adapters.locale; only entry points import adapters.system."""
    found = []
    for module in modules(root, "adapters"):
        own = ".".join(module.path.removesuffix(".py").split("/")[:2])
        for line, name in imported(module):
            if name == "adapters" or not within(name, "adapters") or within(name, own, WORDS) or own == SYSTEM:
                continue
            if own == "adapters.cli" and within(name, *STARTED_BY_THE_COMMAND_LINE):
                continue
            if within(name, SYSTEM):
                if not ENTRY_POINTS.search(module.path):
                    found.append(f"{module.path}:{line}: only entry points import {SYSTEM}")
            else:
                found.append(f"{module.path}:{line}: {own} must not import {name}")
    return found


def only_the_spiff_adapter_imports_spiffworkflow(root: Path) -> list[str]:
    return [
        f"{module.path}:{line}: only adapters/spiff imports SpiffWorkflow"
        for module in modules(root, "engine", "forms", "adapters")
        if not module.path.startswith("adapters/spiff/")
        for line, name in imported(module)
        if within(name, "SpiffWorkflow")
    ]


def processes_are_data(root: Path) -> list[str]:
    return [f"{path.relative_to(root).as_posix()}: processes/ holds data, no program" for path in sorted((root / "processes").rglob("*.py"))]


def modules_say_what_they_are(root: Path) -> list[str]:
    """Every Python module begins with its docstring, every island with a comment that says what it is and what it is not."""
    found = []
    for module in chain(modules(root, "engine", "forms", "adapters", "tests"), (module_at(root, path) for path in sorted(root.glob("*.py")))):
        first = next((line for line in module.source.splitlines() if not line.startswith("#!")), "")
        if not ast.get_docstring(module.tree) or not re.match(r'[rR]?"""\S', first):
            found.append(f"{module.path}: the first line is not a docstring that says what the module is")
    for island in sorted((root / "frontend/src").glob("*.ts")):
        if not island.read_text(encoding="utf-8").startswith("// "):
            found.append(f"{island.relative_to(root).as_posix()}: the first line is not a comment that says what the island is")
    return found


def lines_matching(root: Path, pattern: re.Pattern[str], what: str) -> list[str]:
    return [
        f"{name}:{number}: {what}: {line.strip()[:80]}"
        for name, text in texts(root)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def no_machine_paths(root: Path) -> list[str]:
    return lines_matching(root, MACHINE_PATH, "a path of one machine")


def no_download_addresses(root: Path) -> list[str]:
    return lines_matching(root, DOWNLOAD, "a download address")


def nothing_unfinished(root: Path) -> list[str]:
    return lines_matching(root, UNFINISHED, "unfinished")


def locks_are_complete(root: Path) -> list[str]:
    """Pins of pyproject.toml stand in the locks, each with hashes and without an address; the test lock contains the run-time one."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    run, test = locked(root / "requirements.txt"), locked(root / "requirements-test.txt")
    found = [f"requirements-test.txt: {name} is not the {version} of requirements.txt" for name, version in run.items() if test.get(name) != version]
    for wanted, lock, name in ((project["project"]["dependencies"], run, "requirements.txt"), (project["dependency-groups"]["test"], test, "requirements-test.txt")):
        for pin in wanted:
            package, _, version = pin.partition(";")[0].partition("==")  # behind the semicolon: on which machines
            if not version or lock.get(normal(package)) != version:
                found.append(f"{name}: {pin} of pyproject.toml is not locked")
    for name in ("requirements.txt", "requirements-test.txt"):
        text = (root / name).read_text(encoding="utf-8")
        found += [f"{name}: {entry.split()[0]} has no hash" for entry in re.split(r"\n(?=[a-z0-9])", text) if "==" in entry and "--hash=sha256:" not in entry]
        found += [f"{name}: an address" for _ in re.findall(r"https?://", text)]
    return found


def locked(path: Path) -> dict[str, str]:
    return {normal(name): version for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE)}


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package.partition("[")[0]).lower()


def front_end_is_pinned(root: Path) -> list[str]:
    manifest = json.loads((root / "frontend/package.json").read_text(encoding="utf-8"))
    lock = json.loads((root / "frontend/package-lock.json").read_text(encoding="utf-8"))
    wanted = {**manifest.get("dependencies", {}), **manifest.get("devDependencies", {})}
    found = [f"frontend/package.json: {name} {version} is not one exact version" for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version)]
    for name, entry in lock["packages"].items():
        if name and "integrity" not in entry:
            found.append(f"frontend/package-lock.json: {name} has no integrity hash")
        if "resolved" in entry:
            found.append(f"frontend/package-lock.json: {name} has an address")
    if lock["packages"][""].get("dependencies") != manifest.get("dependencies"):
        found.append("frontend/package-lock.json: made for another package.json")
    return found


def catalogues_agree(root: Path) -> list[str]:
    """ZH and EN of a catalogue have the same codes with the same placeholders, and no code stands in two catalogues.

    A key that is itself a Chinese text of a page needs only its English; its placeholders are its own.
    """
    found = []
    homes: dict[str, str] = {}
    for path in sorted((root / "adapters/locale").glob("*.py")):
        if path.name == "__init__.py":
            continue
        name = path.relative_to(root).as_posix()
        words = {language: dict_literal(path, language) for language in ("ZH", "EN")}
        texts_of_pages = {code for code in words["EN"] if not code.isascii()}
        chinese = {**{code: code for code in texts_of_pages}, **words["ZH"]}
        for code in sorted(chinese.keys() ^ words["EN"].keys()):
            found.append(f"{name}: {code} has no {'English' if code in chinese else 'Chinese'}")
        for code in sorted(chinese.keys() & words["EN"].keys()):
            if placeholders(chinese[code]) != placeholders(words["EN"][code]):
                found.append(f"{name}: {code}: the placeholders differ: {sorted(placeholders(chinese[code]))} and {sorted(placeholders(words['EN'][code]))}")
        for code in chinese.keys() | words["EN"].keys():
            if homes.setdefault(code, name) != name:
                found.append(f"{name}: {code} stands in {homes[code]} too")
    return found


def dict_literal(path: Path, name: str) -> dict[str, str]:
    """The module's dict `name`, executed alone: catalogues are words, so nothing else is needed to know them."""
    space: dict[str, object] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), space)  # noqa: S102
    value = space.get(name, {})
    assert isinstance(value, dict), f"{path}: {name} is not a dict"
    return value


def placeholders(template: str) -> set[str]:
    return {field.partition(".")[0].partition("[")[0] for _, field, _, _ in Formatter().parse(template) if field is not None}


def duplicate_keys(root: Path) -> list[str]:
    """A key written twice in one dict display: the first would be lost without a word."""
    found = []
    for module in modules(root, "engine", "forms", "adapters"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Dict):
                keys = Counter(key.value for key in node.keys if isinstance(key, ast.Constant))
                found += [f"{module.path}:{node.lineno}: the key {key!r} stands twice" for key, times in keys.items() if times > 1]
    return found


def the_reserved_word_is_not_ours(root: Path) -> list[str]:
    """Own texts say 评选 and 通报表扬; the reserved word stands only inside quotation marks, where a document or the trap itself is quoted."""
    return [
        f"{name}:{number}: 「{TRAP}」 outside a quotation: {line.strip()[:60]}"
        for name, text in texts(root)
        if name.startswith(OWN_TEXTS)
        for number, line in enumerate(text.splitlines(), 1)
        if TRAP in QUOTED.sub("", line) and not re.match(r"\s*(- )?quote:", line)
    ]


def token_machine_is_small(root: Path, most: int = 2500) -> list[str]:
    """The published budget of the token machine: lines of code in engine/execution; words about it (comments, docstrings) are free."""
    lines = sum(len(code_lines(module)) for module in modules(root, "engine/execution"))
    return [] if lines <= most else [f"engine/execution: {lines} lines of code, the budget is {most}"]


def code_lines(module: Module) -> set[int]:
    written = {number for number, line in enumerate(module.source.splitlines(), 1) if line.strip() and not line.strip().startswith("#")}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            written -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return written


RULES = (
    pure_rooms_import_only_what_they_may, pure_rooms_call_nothing_impure, adapters_keep_apart, only_the_spiff_adapter_imports_spiffworkflow,
    processes_are_data, modules_say_what_they_are, no_machine_paths, no_download_addresses, nothing_unfinished, locks_are_complete,
    front_end_is_pinned, catalogues_agree, duplicate_keys, the_reserved_word_is_not_ours, token_machine_is_small,
)


def named(rules: Iterable[object]) -> list[str]:
    return [getattr(rule, "__name__", "") for rule in rules]

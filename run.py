#!/usr/bin/env python3
"""Sets Banli up in .venv and starts it; needs nothing but Python, and knows nothing of what the product does.

python3 run.py                first time: set up; then serve http://127.0.0.1:8000 (BANLI_PORT: another port)
python3 run.py test [ARGS]    set up with the test tools, then run every test (ARGS go to pytest)
python3 run.py COMMAND ...    banli COMMAND ... (python3 run.py --help lists them)
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENV = HERE / ".venv"
BIN = ENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
BANLI = BIN / ("banli.exe" if os.name == "nt" else "banli")
STAMP = ENV / "banli-setup.json"
LOG = HERE / "var" / "setup.log"
RUN_LOCK, TEST_LOCK = "requirements.txt", "requirements-test.txt"  # the second contains the first
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        return complain("需要 Python 3.11 或更新的版本", f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console without Chinese shows ? instead of failing
    if arguments[:1] == ["test"]:
        set_up(TEST_LOCK)
        return become([PYTHON, "-m", "pytest", *arguments[1:]])
    set_up(RUN_LOCK)
    return become([BANLI, *(arguments or ["serve"])])


def become(command: list[str | Path]) -> int:
    """Continues as another program; where the system cannot do that (Windows), waits for it and gives its exit code."""
    os.chdir(HERE)
    words = [str(word) for word in command]
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.run(words).returncode
    os.execv(words[0], words)


def set_up(lock: str) -> None:
    """Brings .venv to what the files ask for; does nothing when it is there already. Interrupted, it starts over the next time."""
    usable = environment_works()
    done = json.loads(STAMP.read_text()) if usable and STAMP.exists() else {}
    want_lock = digest([HERE / lock])
    want_project = digest([HERE / "pyproject.toml", HERE / "hatch_build.py", *frontend_files()])
    has_lock = done.get(lock) == want_lock
    has_project = done.get("project") == want_project and BANLI.exists() and (HERE / "adapters/web/static/dist/.stamp").exists()
    if has_lock and has_project:
        return
    print("首次运行或有更新，正在准备，请稍候 · Setting up (first run, or something changed)", flush=True)
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    if not usable:
        make_environment()
    pip = pip_command()
    if not has_lock:
        total = len(re.findall(r"^[A-Za-z0-9]", (HERE / lock).read_text(encoding="utf-8"), re.MULTILINE))
        install = [*pip, "install", "--progress-bar", "off", "--require-hashes", "-r", lock]
        Step("2/3", "安装 Python 组件 · Python packages", total).carry_out(install)
        done[lock] = want_lock
        if lock == TEST_LOCK:
            done[RUN_LOCK] = digest([HERE / RUN_LOCK])
        STAMP.write_text(json.dumps(done))
    if not has_project:
        Step("3/3", "构建网页资源 · building the pages").carry_out([*pip, "install", "--progress-bar", "off", "--no-deps", "-e", "."])
        STAMP.write_text(json.dumps({**done, "project": want_project}))


def environment_works() -> bool:
    """Whether .venv holds a Python that runs and is new enough; who made it does not matter."""
    if not PYTHON.exists():
        return False
    try:
        found = subprocess.run([str(PYTHON), "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"], capture_output=True)
    except OSError:
        return False
    return found.returncode == 0


def make_environment() -> None:
    print("[1/3] 建立运行环境 .venv · creating the environment", flush=True)
    # Debian without python3-venv has no ensurepip; then the environment has no pip, and the system's pip serves it (pip_command).
    venv.create(ENV, clear=ENV.exists(), with_pip=importlib.util.find_spec("ensurepip") is not None)


def pip_command() -> list[str]:
    """The environment's own pip, or the one of the Python that runs this file, working on the environment."""
    if succeeds([str(PYTHON), "-c", "import pip"]) or succeeds([str(PYTHON), "-m", "ensurepip"]):
        return [str(PYTHON), "-m", "pip"]
    if not succeeds([sys.executable, "-m", "pip", "--version"]):
        raise SystemExit(complain("这个 Python 没有 pip：Debian/Ubuntu 请先安装 python3-venv 或 python3-pip", "this Python has no pip: install python3-venv or python3-pip first"))
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]  # since pip 22.3


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()


def frontend_files() -> list[Path]:
    return sorted(path for path in (HERE / "frontend").rglob("*") if path.is_file() and "node_modules" not in path.parts)


class Step:
    """One long command with its progress in figures: on a terminal one line that changes, elsewhere a line every ten seconds."""

    def __init__(self, number: str, title: str, total: int = 0) -> None:
        self.head, self.total = f"[{number}] {title}", total
        self.seen, self.now = 0, ""
        self.started, self.over = time.monotonic(), threading.Event()

    def carry_out(self, command: list[str]) -> None:
        on_terminal = sys.stdout.isatty()
        self.show("", end="" if on_terminal else "\n")
        ticker = threading.Thread(target=self.tick, args=(on_terminal,), daemon=True)
        ticker.start()
        with LOG.open("a", encoding="utf-8") as log:
            child = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace")
            for line in child.stdout or ():
                log.write(line)
                self.note(line)
        self.over.set()
        ticker.join()
        if child.wait() != 0:
            self.show("失败 · failed", end="\n")
            print("\n".join(LOG.read_text(encoding="utf-8").splitlines()[-15:]), file=sys.stderr)
            raise SystemExit(complain(f"没有完成，全部输出见 {LOG.relative_to(HERE)}。多半是连不上软件源：请检查网络和 pip、npm 的设置，再运行一次，会接着做",
                                      "mostly the package registries cannot be reached: check the network, pip's and npm's settings, and run again"))
        self.show("完成 · done", end="\n")

    def note(self, line: str) -> None:
        found = re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line)
        if found and self.total:
            self.seen, self.now = min(self.seen + 1, self.total), found.group(1)
        elif line.startswith("Installing collected packages"):
            self.now = "写入环境 · unpacking"

    def tick(self, on_terminal: bool) -> None:
        while not self.over.wait(1 if on_terminal else 10):
            self.show(self.now, end="" if on_terminal else "\n")

    def show(self, words: str, end: str) -> None:
        count = f" {self.seen}/{self.total}" if self.seen else ""
        seconds = f" {time.monotonic() - self.started:.0f} s"
        clear = "\r\033[K" if sys.stdout.isatty() else ""
        print(f"{clear}{self.head}{count}{seconds}{' ' + words if words else ''}", end=end, flush=True)


def complain(chinese: str, english: str) -> int:
    print(f"{chinese}\n{english}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(complain("\n已中断；再运行一次会接着做", "interrupted; run again to go on"))

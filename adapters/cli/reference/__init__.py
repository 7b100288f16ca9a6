"""`banli docs`: the reference pages, made from the tables, signatures and docstrings that the programs themselves use; no page is written by hand."""
from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.cli.arguments import command
from adapters.cli.reference import bpmn, feel, record, sentences, usage
from engine.refusals import NotFound

PAGES: Mapping[str, Callable[[], str]] = {
    "elements": bpmn.elements, "dialect": bpmn.dialect, "operations": record.operations, "feel": feel.functions, "record": record.events,
    "sentences": sentences.all_of_them, "commands": usage.commands,
}


def add(commands: Any) -> None:
    """Declares the command."""
    made = command(commands, "docs", docs, "打印由代码生成的参考资料")
    made.add_argument("page", nargs="?", default="", help="页名，不写则列出各页：" + "、".join(PAGES))
    made.add_argument("--to", type=Path, default=None, metavar="文件夹", help="把各页写入文件夹，如 docs/reference")


def docs(given: argparse.Namespace) -> int:
    """Raises NotFound `cli.page`."""
    if given.page and given.page not in PAGES:
        raise NotFound("cli.page", page=given.page, known=list(PAGES))
    chosen = {name: page() for name, page in PAGES.items() if given.page in ("", name)}
    if given.to is not None:
        given.to.mkdir(parents=True, exist_ok=True)
        for name, text in chosen.items():
            (given.to / f"{name}.md").write_text(text, encoding="utf-8")
            print(given.to / f"{name}.md")
    elif given.page:
        print(chosen[given.page], end="")
    else:
        for name, text in chosen.items():
            print(f"{name:12}{text.splitlines()[0].removeprefix('# ')}")
    return 0

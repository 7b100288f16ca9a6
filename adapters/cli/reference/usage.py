"""The page of commands: what `banli` can be asked, read from its own parser."""
from __future__ import annotations

import argparse
from collections.abc import Iterator

from adapters.cli.reference.markdown import code, page, table


def commands() -> str:
    """Every command with its arguments."""
    from adapters.cli.main import parser

    parts = ["`banli 命令 --help` 显示同样的内容。`banli COMMAND --help` says the same. Environment: `BANLI_HOME`, `BANLI_DATABASE`, `BANLI_PORT`, `BANLI_LANGUAGE`."]
    for name, one in _commands(parser()):
        rows = [(_name(action), action.help or "") for action in one._actions if not isinstance(action, argparse._HelpAction)]
        parts.append(f"## {name}\n\n{one.description or ''}" + (f"\n\n{table(('参数 argument', '说明'), rows)}" if rows else ""))
    return page("命令行 · Command line", *parts)


def _commands(top: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                below = list(_commands(one))
                yield from below or [(one.prog, one)]


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return code(str(action.metavar or action.dest)) + ("（可省）" if action.nargs in ("?", "*") else "")
    value = "" if action.nargs == 0 else f" {action.metavar or ('/'.join(map(str, action.choices)) if action.choices else action.dest.upper())}"
    return code(f"{action.option_strings[0]}{value}") + ("，必填" if action.required else "")

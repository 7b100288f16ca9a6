"""Pages about diagrams: which BPMN elements are executed, and the extensions that may stand on them."""
from __future__ import annotations

from collections.abc import Iterable

from adapters.cli.reference.markdown import code, codes, page, table
from adapters.cli.reference.words import KINDS, STATUSES
from engine.bpmn.dialect import BANLI, OPERATIONS, ZEEBE
from engine.bpmn.reference import elements_supported

HEADINGS = ("元素 element", "BPMN 属性 attributes", "zeebe:", "banli:")
ANY = {"*": "任何流程元素 any flow node", "**": "任何元素 any element"}


def elements() -> str:
    """Every element of BPMN 2.0, by what becomes of it."""
    parts = ["BPMN 2.0 的每个元素，本系统如何对待。How this system treats each element of BPMN 2.0."]
    for status, words in STATUSES.items():
        found = [one for one in elements_supported() if one.status == status]
        rows = [(code(one.element), codes(one.attributes), codes(one.zeebe), codes(one.banli)) for one in found]
        parts.append(f"## {words} · {status}（{len(found)}）\n\n{table(HEADINGS, rows)}")
    return page("BPMN 元素 · BPMN elements", *parts)


def dialect() -> str:
    """What zeebe: elements and banli: attributes may say, and where they may stand."""
    zeebe = [(code(name), _hosts(one.hosts), _attributes(one.attributes), _children(one.children)) for name, one in sorted(ZEEBE.items())]
    banli = [(code(name), _hosts(hosts), _kind(kind)) for name, (hosts, kind) in sorted(BANLI.items())]
    return page(
        "图的扩展 · Dialect of the diagrams",
        "BPMN 2.0 之外，图里可以写 `zeebe:` 元素（`http://camunda.org/schema/zeebe/1.0`）和 `banli:` 属性（`urn:banli:bpmn:1`）；其他扩展发布时拒绝。"
        "Beside BPMN 2.0 a diagram may hold these; other extensions are refused. `!` marks what is required.",
        "## zeebe:\n\n" + table(("元素", "可写在 on", "属性 attributes", "内含 children"), zeebe),
        "## banli:\n\n" + table(("属性", "可写在 on", "值 value"), banli),
        "`banli:operations` 的值 values: " + codes(sorted(OPERATIONS)),
    )


def _hosts(hosts: Iterable[str]) -> str:
    return " ".join(ANY.get(one) or code(one) for one in sorted(hosts))


def _kind(kind: str) -> str:
    return f"{KINDS[kind.rstrip('!')]}{'，必填' if kind.endswith('!') else ''}"


def _attributes(attributes: dict[str, str]) -> str:
    return "；".join(f"`{name}{'!' if kind.endswith('!') else ''}` {KINDS[kind.rstrip('!')]}" for name, kind in attributes.items())


def _children(children: dict[str, dict[str, str]]) -> str:
    return "；".join(f"`{name}`（{_attributes(attributes)}）" for name, attributes in children.items())

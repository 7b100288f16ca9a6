"""What a package offers its diagrams, as the modeler takes it: roles, forms, operations, stages, parameters, functions; names only."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from adapters.locale import knows, say
from engine.bundle import Bundle
from engine.feel import BUILT_INS
from engine.operations import OPERATIONS
from engine.scheme.declaration import Parameter
from engine.scheme.functions import NAMES
from engine.scheme.scheme import Scheme
from forms.form import Form

ORGANISATION = re.compile(rb"""role\(\s*(?:"|&#34;|&quot;)[^"&]+(?:"|&#34;|&quot;)\s*,\s*([\w.\[\]]+)\s*\)""")
CANDIDATES = re.compile(rb"""candidateGroups=(?:"=(for [^"]+)"|'=(for [^']+)')""")
STEP = re.compile(rb"""<(?:\w+:)?userTask\b[^>]*?\bname="([^"]*)".*?</(?:\w+:)?userTask>""", re.DOTALL)
PARAMETERS = {
    "role": ["角色", "单位"], "cutoff": ["日期"], "opens": ["日期"], "due in": ["工作日数"], "add working days": ["日期", "工作日数"],
    "working days between": ["起", "止"], "printed span end": ["日期", "天数"], "period end": ["日期", "天数"],
}


def context(bundle: Bundle, scheme: Scheme | None, language: str) -> dict[str, Any]:
    """The Context of frontend/src/modeler/context.ts."""
    declared = bundle.package.declaration.keys
    stages = scheme.values.get("stages", {}) if scheme else {}
    ordered = sorted(((id, one) for id, one in stages.items() if isinstance(one, Mapping)), key=lambda one: (one[1].get("order", 0), one[0]))
    graphs = bundle.graphs
    return {
        "roles": [{"code": role.code, "label": role.label, "at": role.at} for role in bundle.package.roles.values()],
        "organisations": list(_organisations(bundle, declared, language)),
        "candidates": [{"expression": one, "label": say("design.as_step", language, step=step)} for one, step in _used(bundle, CANDIDATES).items() if step],
        "forms": forms_offered(graphs.forms.values()),
        "operations": [
            {"name": one.name, "label": _word("operation", one.name, language), "results": list(one.results),
             "inputs": [{"name": each.name, "label": _word("input", each.name, language), "required": each.required} for each in one.inputs]}
            for one in OPERATIONS.values()],
        "stages": [{"id": id, "name": str(one.get("name") or id)} for id, one in ordered],
        "parameters": [_parameter(key, one) for key, one in declared.items()],
        "texts": [{"id": id, "title": text.title} for id, text in bundle.texts.items()],
        "processes": [{"id": one.id, "name": one.name} for one in graphs.processes.values()],
        "decisions": [{"id": id, "name": str(getattr(one, "name", "") or id)} for id, one in graphs.decisions.items()],
        "functions": [*({"name": name, "params": [say(one, language) for one in PARAMETERS[name]]} for name in NAMES),
                      *({"name": name, "params": list(one.signatures[0].names)} for name, one in BUILT_INS.items())],
        "variables": {},
    }


def forms_offered(forms: Iterable[Form]) -> list[dict[str, Any]]:
    """The forms with what their tasks answer, personal answers left out."""
    return [{"id": form.id, "title": form.title, "answers": [{"name": one.id, "label": one.label} for one in form.fields() if one.answers and not one.personal]} for form in forms]


def _word(kind: str, name: str, language: str) -> str:
    return say(f"{kind}.{name}", language) if knows(f"{kind}.{name}") else name


def _organisations(bundle: Bundle, declared: Mapping[str, Parameter], language: str) -> Iterator[dict[str, str]]:
    """The scheme's own organisations, then those at which the package's steps are done, the usual ones first; each named by a step that people know."""
    known = {f"scheme.{key}": one.label for key, one in declared.items() if one.type == "organisation" and not one.many}
    known |= {f"scheme.{key}.{name}": f"{one.label}" for key, one in declared.items() if one.type == "record" for name, each in one.fields.items() if each.type == "organisation"}
    yield from ({"expression": expression, "label": label} for expression, label in known.items())
    for expression, step in _used(bundle, ORGANISATION).items():
        if step and expression not in known:
            yield {"expression": expression, "label": say("design.as_step", language, step=step)}


def _used(bundle: Bundle, pattern: re.Pattern[bytes]) -> dict[str, str]:
    """What the package's diagrams say there → a step that says it, "" where no step does; the most frequent first."""
    counts: Counter[str] = Counter()
    steps: dict[str, str] = {}
    for name in bundle.package.diagrams:
        text = bundle.files[name]
        counts.update(_plain(found) for found in pattern.finditer(text))
        for step in STEP.finditer(text):
            for found in pattern.finditer(step[0]):
                steps.setdefault(_plain(found), unescape(step[1].decode()))
    return {expression: steps.get(expression, "") for expression, _ in counts.most_common()}


def _plain(found: re.Match[bytes]) -> str:
    return unescape((found[found.lastindex or 0]).decode())


def _parameter(key: str, one: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {"path": key, "label": one.label, "type": one.type, "list": one.many or one.type in ("records", "codes")}
    return found | ({"fields": list(_fields(one.fields))} if one.fields else {})


def _fields(fields: Mapping[str, Parameter]) -> Iterator[dict[str, Any]]:
    for name, one in fields.items():
        yield {"name": name, "label": one.label, "type": one.type} | ({"entries": list(_fields(one.fields))} if one.fields else {})

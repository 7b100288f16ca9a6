"""A change of a form as a sentence in clerks' words; compares nothing. The changes are those of `engine/compare/forms.py`."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from adapters.locale import knows, say
from adapters.web.design.form_boxes import FAMILIES, component_lines
from engine.compare.change import Change

FORMULAS = frozenset({"show_if", "required_if", "value_from", "options_from", "rows_from", "components_from", "text_from", "min_from", "max_from"})
IS, HAS, AGREED = re.compile(r'=\s*(\w+) = ("[^"]*"|true|false)\Z'), re.compile(r'=\s*list contains\((\w+), "([^"]*)"\)\Z'), re.compile(r"=\s*(\w+)\Z")
PARAMETER = re.compile(r"=\s*scheme\.([\w.]+)\Z")
TOLD = ("required", "personal")  # of a new field: flags that are told with it


class FormSentences:
    """Words for changes of forms in one language. `parameters`: key of a scheme → label; `plain`: a plain value for a reader."""

    def __init__(self, parameters: Mapping[str, str], plain: Callable[[Any], str], language: str) -> None:
        self.parameters, self.plain, self.language = parameters, plain, language

    def say(self, code: str, **details: object) -> str:
        return say(code, self.language, **details)

    def sentence(self, change: Change) -> str:
        d, code = change.details, change.code
        if code == "form.renamed":
            return self.say("compare.form.renamed", thing=self._what(d), old=d["old"] or self.say("（无名称）"), new=d["new"] or self.say("（无名称）"))
        if code == "form.moved":
            thing = self._thing(d)
            return self.say("compare.form.moved", thing=thing, behind=d["behind"]) if d["behind"] else self.say("compare.form.moved_first", thing=thing)
        if code.startswith(("form.field.added", "form.field.removed", "form.column.")):
            place = self.say("compare.form.in_table", name=d["table"]) if "table" in d else self.say("compare.form.in_section", name=d["section"]) if d["section"] else ""
            return self.say(f"compare.{code.replace('column', 'field')}", place=place, told=self._told(d["field"], d["labels"]), name=str(d["field"].get("label") or d["field"].get("text") or d["field"].get("id") or ""))
        if code == "form.field.section":
            return self.say("compare.form.field.section", name=d["name"], old=d["old"], new=d["new"])
        if code == "form.field.id":
            return self.say("compare.form.field.id", name=d["name"], old=d["old"], new=d["new"])
        if code.startswith("form.file"):
            return self.say(f"compare.{code}", title=d["title"], count=d["count"])
        if code.startswith(("form.section", "form.outcome")):
            return self.say(f"compare.{code}", name=d["name"], count=d.get("count", ""))
        if code.startswith("form.option"):
            return self._option(change)
        return self._setting(d)

    # --- things -------------------------------------------------------------------------------------------------------------------------

    def _what(self, d: Mapping[str, Any]) -> str:
        words = self.say(f"compare.form.what.{d['what']}")
        return self.say("compare.form.in_table", name=d["table"]) + words if d.get("table") else words

    def _thing(self, d: Mapping[str, Any]) -> str:
        return self._what(d) + (self.say("compare.quoted", text=d["name"]) if d["name"] and d["what"] != "form" else "")

    def _told(self, field: Mapping[str, Any], labels: Mapping[str, str]) -> str:
        """A new or removed field in short: what kind it is, and what of its settings matters."""
        kind = str(field.get("kind"))
        parts = [self._kind(kind), *(self.say(f"compare.form.{one}") for one in TOLD if field.get(one) is True)]
        parts += [self.say("compare.told", label=self.label(key, kind) + self.say("compare.form.colon"), value=self.value(key, value, labels)) for key, value in field.items()
                  if key not in ("id", "kind", "label", *TOLD, "columns") and value not in (None, "", [])]
        if isinstance(field.get("columns"), list):
            parts.append(self.say("compare.told", label=self.label("columns", kind) + self.say("compare.form.colon"), value=self.say("compare.and").join(str(one.get("label") or one.get("id")) if isinstance(one, Mapping) else str(one) for one in field["columns"])))
        return self.say("compare.form.joint").join(parts)

    def _kind(self, kind: str) -> str:
        return self.say(f"kind.{kind}") if _known(f"kind.{kind}") else kind

    def label(self, key: str, kind: str) -> str:
        for code in (f"box.{key}.{FAMILIES.get(kind, kind)}", f"box.{key}", f"key.{key}"):
            if _known(code):
                return self.say(code).partition("（")[0] if self.language == "zh" else self.say(code).partition(" (")[0]
        return key

    # --- settings -----------------------------------------------------------------------------------------------------------------------

    def _setting(self, d: Mapping[str, Any]) -> str:
        key, old, new = d["key"], d["old"], d["new"]
        thing, label = self._thing(d), self.label(key, d["field"] or d["what"])
        if isinstance(old if old is not None else new, bool) and old in (None, True, False) and new in (None, True, False):
            usual = key == "required" and d["field"] == "statement"
            return self.say("compare.form.on" if (usual if new is None else new) else "compare.form.off", thing=thing, label=label)
        before, after = (None if value is None else self.value(key, value, d["labels"]) for value in (old, new))
        code = "compare.form.set" if before is None else "compare.form.cleared" if after is None else "compare.form.changed"
        return self.say(code, thing=thing, label=label, old=before, new=after)

    def value(self, key: str, value: Any, labels: Mapping[str, str]) -> str:
        if key == "kind":
            return self.say("compare.quoted", text=self._kind(str(value)))
        if key == "accept" and isinstance(value, list):
            return self.say("compare.and").join(self.say(f"media.{one}") if _known(f"media.{one}") else str(one) for one in value)
        if key == "access":
            rights = {"default": value} if isinstance(value, str) else value
            return self.say("compare.joint").join((f"{name} " if name != "default" else "") + self._word("access", right) for name, right in rights.items()) if isinstance(rights, Mapping) else str(value)
        if key in ("style", "opinion"):
            return self.say("compare.quoted", text=self._word(key, value))
        if key == "options" and isinstance(value, Mapping):
            return self.say("compare.and").join(str(one) for one in value.values())
        if key == "components":
            return self.say("compare.quoted", text=component_lines(value).replace("\n", "；"))
        if key == "identity" and isinstance(value, list):
            return self.say("compare.and").join(labels.get(str(one), str(one)) for one in value)
        if key in FORMULAS and isinstance(value, str):
            return self._formula(value, labels)
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return self.plain(value)
        return self.say("compare.quoted", text=self.plain(value))

    def _word(self, key: str, value: Any) -> str:
        return self.say(f"box.{key}.{value}") if _known(f"box.{key}.{value}") else str(value)

    def _formula(self, text: str, labels: Mapping[str, str]) -> str:
        """A condition that the page offers in its words; another as it is written."""
        if (found := IS.match(text)) and found[1] in labels:
            option = {"true": self.say("是"), "false": self.say("否")}.get(found[2], found[2].strip('"'))
            return self.say("formbox.is", label=labels[found[1]], option=option)
        if (found := HAS.match(text)) and found[1] in labels:
            return self.say("formbox.has", label=labels[found[1]], option=found[2])
        if (found := AGREED.match(text)) and found[1] in labels:
            return self.say("formbox.is", label=labels[found[1]], option=self.say("是"))
        if found := PARAMETER.match(text):
            return self.say("formbox.list", label=self.parameters.get(found[1], found[1]))
        return self.say("compare.form.formula", text=text.removeprefix("="))

    def _option(self, change: Change) -> str:
        d, thing = change.details, self._thing(change.details)
        if change.code == "form.option.order":
            return self.say("compare.form.option.order", thing=thing, order=self._all(d["new"]))
        return self.say(f"compare.{change.code}", thing=thing, old=d["old"], new=d["new"])

    def _all(self, values: Sequence[Any]) -> str:
        return self.say("compare.and").join(str(one) for one in values)


def _known(code: str) -> bool:
    """Whether there are words for a code; what a file says may be part of it, and a Chinese text is no code."""
    return code.isascii() and knows(code)

"""Reads the texts of notifications that a package brings; fills in placeholders, sends nothing."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.refusals import Finding, Invalid
from forms.source import join, read_yaml

LEVELS = ("info", "todo", "warning")
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
BRACE = re.compile(r"[{}]")


@dataclass(frozen=True)
class Template:
    """A notification's words; `{name}` is a parameter of `notify`, or campaign, place, link."""

    id: str
    title: str
    body: str
    level: str = "info"

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(PLACEHOLDER.findall(self.title + self.body))

    def filled(self, params: Mapping[str, object]) -> tuple[str, str]:
        """Title and body; a placeholder without parameter stays as 〔name〕, so that somebody sees it."""
        def fill(text: str) -> str:
            return PLACEHOLDER.sub(lambda found: str(params.get(found[1], f"〔{found[1]}〕")), text)

        return fill(self.title), fill(self.body)


def read_texts(data: bytes, file: str) -> dict[str, Template]:
    """Templates by id. Raises Invalid: keys, levels, braces that are no placeholder."""
    document = read_yaml(data, file)
    if not isinstance(document.value, dict):
        raise Invalid([document.finding("yaml.not_a_mapping", "")])
    findings: list[Finding] = []
    templates: dict[str, Template] = {}
    for id, one in document.value.items():
        if not isinstance(one, dict):
            findings.append(document.finding("yaml.not_a_mapping", id))
            continue
        for key in ("title", "body"):
            if not isinstance(one.get(key), str):
                findings.append(document.finding("yaml.missing_key", id, key=key))
            elif BRACE.search(PLACEHOLDER.sub("", one[key])):
                findings.append(document.finding("text.brace", join(id, key), template=id))
        findings += [document.finding("yaml.unknown_key", join(id, key), key=key) for key in one.keys() - {"title", "body", "level"}]
        if one.get("level", "info") not in LEVELS:
            findings.append(document.finding("text.unknown_level", join(id, "level"), level=str(one["level"]), known=", ".join(LEVELS)))
        templates[id] = Template(id, str(one.get("title")), str(one.get("body")), str(one.get("level", "info")))
    if findings:
        raise Invalid(findings)
    return templates

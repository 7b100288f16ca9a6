"""A form that is being written, drawn as the clerk will see it: by the product's own form, on a scheme's values, with samples for what only a running process knows."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.locale import say
from engine.feel import Environment, FeelError, FeelSyntaxError, parse
from engine.refusals import Finding, Invalid
from engine.scheme.functions import NAMES
from forms.answers import Page, PageField
from forms.editing import Tree, changed, dropped, part, parts
from forms.fields import Field
from forms.form import Form, Section, form_in
from forms.kinds import fields_within
from forms.source import Document

TRIES = 6  # a mistake may hide others behind it
SAMPLES = {"options_from": "formbox.sample.option", "rows_from": "formbox.sample.row", "components_from": "formbox.sample.component"}


def readable(form: Tree, file: str, language: str) -> Form | None:
    """The form as far as it can be read: what is wrong is left out, what is missing stands as a sample. None when nothing is left."""
    for _ in range(TRIES):
        try:
            return form_in(Document(file, form))
        except Invalid as invalid:
            mended = form
            # from the last to the first, so that leaving out a part moves no other that is named
            for finding in sorted({(one.element, one.code): one for one in invalid.findings}.values(), key=lambda one: [int(step) if step.isdigit() else 0 for step in one.element.split(".")], reverse=True):
                mended = _mended(mended, finding, language)
            if mended == form:
                return None
            form = mended
    return None


def _mended(form: Tree, finding: Finding, language: str) -> Tree:
    path = finding.element
    if finding.code == "yaml.missing_key" and not path:
        return {**form, str(finding.details["key"]): "form" if finding.details["key"] == "id" else say("formbox.sample.title", language)}
    if path in ("identity", "sections", "outcomes") or path.startswith("identity."):
        return {key: value for key, value in form.items() if key != path.partition(".")[0]} if path != "sections" else _once(form)
    found = part(form, path)
    if found is not None:
        filled = _filled(found, finding, language)
        return changed(form, path, filled) if filled != found else dropped(form, path)
    while path and part(form, path) is None:
        above, _, key = path.rpartition(".")
        owner = part(form, above)
        if owner is not None and key in owner:
            return changed(form, above, {name: value for name, value in owner.items() if name != key})
        path = above
    return dropped(form, path) if path else form


def _once(form: Tree) -> Tree:
    """The form without the second of two fields of one name."""
    seen: set[str] = set()
    sections = []
    for section in (one for one in parts(form, "sections") if isinstance(one, dict)):
        fields = []
        for field in parts(section, "fields"):
            if isinstance(field, dict) and str(field.get("id")) not in seen:
                seen.add(str(field.get("id")))
                fields.append(field)
        sections.append({**section, "fields": fields})
    return {**form, "sections": sections}


def _filled(part: Tree, finding: Finding, language: str) -> Tree:
    """A part with a sample for what it must have; as it is when nothing can be guessed."""
    if finding.code == "yaml.missing_key":
        key = str(finding.details.get("key"))
        return {**part, key: "=null" if key == "value_from" else say("formbox.sample.label", language)} if key in ("label", "title", "value_from") else part
    if finding.code != "form.missing_option":
        return part
    kind = part.get("kind")
    if kind in ("choice", "choices", "people"):
        return {**{key: value for key, value in part.items() if key != "options_from"}, "options": {"sample": say("formbox.sample.no_option", language)}}
    if kind in ("statement", "info"):
        return {**part, "text": say("formbox.sample.no_text", language)}
    if kind == "scores":
        return {**part, "rows_from": "=null", "components_from": "=null"}
    return part


def drawn(form: Form, values: Mapping[str, Any], now: datetime, zone: ZoneInfo, language: str, functions: Mapping[str, Callable[..., Any]], task: str = "") -> Page:
    """The form ready for the template. Every field is there; one that shows only under a condition says so."""
    samples = {text: _sample(name, language) for name, text in _lists(form)}
    environment = Environment(now, zone, functions)

    def look_up(expression: str, answers: Mapping[str, Any]) -> Any:
        try:
            found = parse(expression.removeprefix("="), names=NAMES)({"scheme": values, **answers}, environment)
        except (FeelError, FeelSyntaxError):
            found = None
        return samples.get(expression) if found is None or found == [] else found

    shown = replace(form, sections=tuple(_shown(section) for section in form.sections))
    try:
        page = shown.page({}, (), look_up, task=task)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # A first value of another type than its field's: nobody knows it before it is evaluated, and the boxes must stay in reach to mend it.
        page = replace(shown, sections=tuple(_blank(section) for section in shown.sections)).page({}, (), look_up, task=task)
    conditional = {field.id for section in form.sections for field in section.fields if field.show_if or section.show_if}
    return replace(page, sections=tuple(replace(one, fields=tuple(_told(field, conditional, language) for field in one.fields)) for one in page.sections))


def _shown(section: Section) -> Section:
    return replace(section, show_if="", fields=tuple(replace(one, show_if="") for one in section.fields))


def _blank(section: Section) -> Section:
    return replace(section, fields=tuple(replace(one, value_from="") for one in section.fields))


def _told(field: PageField, conditional: set[str], language: str) -> PageField:
    if field.id not in conditional:
        return field
    return replace(field, help=f"{field.help}{say('formbox.sample.conditional', language)}")


def _lists(form: Form) -> list[tuple[str, str]]:
    return [(name, str(one.settings[name])) for field in form.fields() for one in _all(field) for name in SAMPLES if one.settings.get(name)]


def _all(field: Field) -> list[Field]:
    return list(fields_within(field))


def _sample(name: str, language: str) -> list[dict[str, Any]]:
    return [{"id": f"sample{n}", "label": say(SAMPLES[name], language, n=n), "max": 100} for n in (1, 2)]

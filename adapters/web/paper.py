"""The form that an instance began with, as a PDF for filing, with what the reader may see and nothing more; typesets nothing itself."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from adapters.locale import say
from adapters.web.ports import Row
from adapters.web.reading import evaluated
from adapters.web.rendering import day_words
from adapters.web.signed_in import Signed, Visitor
from adapters.web.words import printed_form
from engine.refusals import NotFound
from forms.answers import Page, PageField, PageSection
from forms.form import Form

router = APIRouter()
SAMPLE = "项目示例"
NARROW = 16  # characters that fit beside another field


@router.get("/instances/{instance}/form.pdf")
def form_pdf(visitor: Signed, instance: str) -> Response:
    row = visitor.system.queries.instance(visitor.place.id, visitor.person.id, instance)
    data = form_data(visitor, row)
    name = quote(f"{data['title']}.pdf")
    return Response(visitor.system.documents.form(data), media_type="application/pdf", headers={"Content-Disposition": f"inline; filename*=UTF-8''{name}"})


def form_data(visitor: Visitor, row: Row) -> dict[str, Any]:
    """What the document takes. Raises NotFound for an instance that began with no form about a person."""
    line, words = row.line, visitor.words
    form = printed_form(words.process(line.package, line.process), words.bundle(line.package).graphs.forms)
    if form is None:
        raise NotFound("web.no_such_page")
    scheme = words.scheme(line.package, line.scheme)
    scope = {**row.variables, "scheme": scheme.values if scheme else {}}
    answers = {**row.variables, **_public(visitor, line.id, form), **{name: value for each in row.personal.values() for name, value in each.items()}}
    page = form.page(answers, (), lambda expression, given: evaluated(expression, {**scope, **given}))
    title = next((field.text for section in page.sections for field in section.fields if field.kind == "show" and field.text), page.title)
    signed = [field for field in _fields(page) if _is_signature(field)]
    nomination = row.variables.get("nomination")
    employer = row.variables.get("employer")
    return {
        "title": title, "sample": SAMPLE in page.note, "organisation": str(employer.get("name", "")) if isinstance(employer, Mapping) else words.organisation(line.org),
        "reference": str(nomination.get("id", "")) if isinstance(nomination, Mapping) else line.id[:12],
        "printed": day_words(visitor.now.astimezone(visitor.zone).date(), visitor.now.date().min, "zh"),
        "sections": [_section(section) for section in page.sections if any(_is_row(field) or field.rows for field in section.fields)],
        "signatures": [{"label": field.label, "text": str(field.constraints.get("text", "")) if field.text == "yes" else ""} for field in signed],
    }


def _public(visitor: Visitor, instance: str, form: Form) -> Mapping[str, Any]:
    """The public answers as the form was last handed in: the record has all of them, variables only those that the process goes on with."""
    known = {field.id for field in form.fields()} | {"identity"}
    given = [entry.input.get("answers") or {} for entry in visitor.system.queries.history(visitor.place.id, visitor.person.id, instance) if entry.command == "Complete"]
    return next((answers for answers in reversed(given) if answers and answers.keys() <= known), {})


def _fields(page: Page) -> Iterator[PageField]:
    for section in page.sections:
        yield from section.fields


def _is_signature(field: PageField) -> bool:
    """A statement that an organisation signs and seals on paper."""
    return field.kind == "statement" and field.id.endswith("_opinion")


def _is_row(field: PageField) -> bool:
    return field.kind not in ("info", "show", "table", "scores") and not _is_signature(field)


def _section(section: PageSection) -> dict[str, Any]:
    rows = [{"label": field.label, "text": _text(field), "wide": field.kind in ("long_text", "files", "choices", "statement") or len(_text(field)) > NARROW}
            for field in section.fields if _is_row(field)]
    tables = [{"label": field.label, "headings": list(field.headings), "rows": [[cell.text for cell in row] for row in field.rows if any(cell.text for cell in row)]}
              for field in section.fields if field.kind in ("table", "scores")]
    return {"title": section.title, "rows": rows, "tables": [each for each in tables if each["rows"]]}


def _text(field: PageField) -> str:
    if field.kind == "files":
        return "\n".join(str(file["name"]) for file in field.files)
    if field.kind == "statement":
        return str(field.constraints.get("text", "")) if field.text == "yes" else ""
    if field.kind == "yes_no":
        return say({"yes": "是", "no": "否"}[field.text], "zh") if field.text else ""
    return f"{field.text}{field.unit}" if field.text else ""

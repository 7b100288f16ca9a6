"""The raw input of a form out of a request: a tree of texts, lists and ids of stored files; judges nothing."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from adapters.web.security import TOKEN_FIELD
from adapters.web.signed_in import fields_of
from forms.answers import Lookup, nested
from forms.fields import Given, read_one
from forms.form import Form

OURS = frozenset({TOKEN_FIELD, "command_id", "outcome", "opinion"})
UPLOADED = ".upload"  # ends the name under which the upload island sends the id of a file that is already here

Keep = Callable[[str, UploadFile], str]  # stores a file that came with the form under a field's name; gives its id


def raw_answers(request: Request, keep: Keep) -> dict[str, Any]:
    """The answers as `Form.read` takes them. Files that came with the form itself are stored by `keep`."""
    return {name: _without_spare_rows(value) for name, value in nested(_pairs(request, keep)).items()}


def _without_spare_rows(value: Any) -> Any:
    """A table without the blank rows at its end, which the page had put there to be filled in."""
    if not isinstance(value, dict) or not value or not all(key.isdigit() and isinstance(row, dict) for key, row in value.items()):
        return value
    last = max((int(key) for key, row in value.items() if any(cell not in ("", []) for cell in row.values())), default=-1)
    return {key: row for key, row in value.items() if int(key) <= last}


def _pairs(request: Request, keep: Keep) -> Iterator[tuple[str, str]]:
    for name, value in fields_of(request).multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                yield name, keep(name, value)
        elif name not in OURS:
            yield name.removesuffix(UPLOADED), value


def answered_so_far(form: Form, raw: Mapping[str, Any], lookup: Lookup, element: str) -> dict[str, Any]:
    """What of the raw input can be read already, by field id: what shows and demands other fields while a form is being filled in."""
    answers: dict[str, Any] = {}
    for field in form.fields():
        if field.answers and field.kind != "files" and field.access_for(element) in ("write", "required") and field.id in raw:
            value, problems = read_one(field, raw[field.id], element, Given(lookup, answers))
            if not problems:
                answers[field.id] = value
    return answers


def depends_on_answers(form: Form) -> bool:
    """Whether some field is shown or demanded by what is answered in another."""
    return any(where.endswith((".show_if", ".required_if")) for where, _, _ in form.expressions())

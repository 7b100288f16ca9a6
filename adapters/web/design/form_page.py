"""The page on which a form of a working copy is edited, from what form_view.py says of it; stores nothing."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from adapters.locale import say
from adapters.web.design.form_view import COLUMN_KINDS, FIELD_KINDS, FormPage, tree_of, words_of
from adapters.web.design.package_view import WORKING, version_name
from adapters.web.design.rights import Designer
from adapters.web.rendering import render
from engine.refusals import Invalid
from forms.editing import Tree, part
from forms.kinds import KINDS

ASKS = ("drop", "rename")


def form_page(request: Request, designer: Designer, line: Any, file: str, files: Mapping[str, bytes], *, tree: Tree | None = None, at: str | None = None, ask: str = "",
              typed: Mapping[str, str] | None = None, typed_text: str | None = None, problems: Sequence[str] = (), status: int = 200) -> Response | None:
    """The page; None for a file that is no YAML mapping, which can only be edited as it is.

    Args:
        tree: the form as it would be, when it was not stored; else as it is stored.
        typed: what was typed into boxes that are no part of the form (a new field's label, another name). typed_text: the same of the file as a whole.
    """
    try:
        stored = tree_of(files[file], file)
    except Invalid:
        return None
    page = FormPage(designer, line.name, file, files)
    shown = stored if tree is None else tree
    chosen = request.query_params.get("at", "") if at is None else at
    asked = ask or request.query_params.get("ask", "")
    task = request.query_params.get("task", "")[:80]
    view = page.view(shown, chosen, task)
    version, saved_at, saved_by = line.copy.changed.get(file, (0, None, ""))
    words = dict(typed or {"id": request.query_params.get("id", "")[:80]})
    return render(
        request, "design_form.html", status, designer=designer, line=line, file=file, title=str(shown.get("title") or file), sheet=view, version=version, saved_at=saved_at,
        saved_by=saved_by, problems=problems, ask=asked if asked in ASKS and view.at else "", typed=words, opened=part(shown, view.at) or {}, task=task,
        box_words=lambda label: words_of(label, designer.visitor.language), text=files[file].decode("utf-8", "replace") if typed_text is None else typed_text, raw_open=typed_text is not None,
        version_name=version_name(designer, line, WORKING), newer=designer.design.overtaken_by(designer.place, line),
        field_kinds=FIELD_KINDS, column_kinds=COLUMN_KINDS, known_kinds=tuple(KINDS), use_kinds={kind: say(f"formuse.{kind}", designer.visitor.language) for kind in ("own", "diagram", "form", "table", "scheme")})


"""Typesetting by typst with the one font that the product brings along; a missing glyph or font is an error, never an empty box.

The data goes in as JSON beside the template, so that nothing somebody typed is ever read as markup.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import manimgx_fonts_cjk
import typst

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(manimgx_fonts_cjk.__file__).parent


class Unprintable(RuntimeError):
    """The document could not be made as it should look; `said`: what typst said of it."""

    def __init__(self, template: str, said: list[str]) -> None:
        super().__init__(f"{template}: {'; '.join(said)}")
        self.said = said


class Documents:
    """Makes PDF files. One at a time: a page takes some tenths of a second, and a second one beside it would take twice as long."""

    def __init__(self, fonts: Path = FONTS) -> None:
        self._fonts = fonts
        self._turn = Lock()

    def form(self, data: Mapping[str, Any]) -> bytes:
        """A filled-in form on A4: {title, note, sample, reference, organisation, printed, sections, signatures, photo}.

        `sections`: [{title, rows: [{label, text, wide}], tables: [{label, headings, rows}]}]; `signatures`: [{label, text}].
        Raises Unprintable.
        """
        return self.pdf("form", data)

    def pdf(self, template: str, data: Mapping[str, Any]) -> bytes:
        """The template `templates/NAME.typ` with `data` as `sys.inputs.data`. Raises Unprintable when typst warns of anything."""
        with self._turn:
            try:
                made, warnings = typst.compile_with_warnings(
                    str(TEMPLATES / f"{template}.typ"), format="pdf", font_paths=[str(self._fonts)], ignore_system_fonts=True,
                    sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=["a-2b"])
            except typst.TypstError as error:
                raise Unprintable(template, [str(error)]) from error
        said = [str(each) for each in warnings]
        if said:
            raise Unprintable(template, said)
        return bytes(made)

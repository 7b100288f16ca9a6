"""What a package or a scheme would be told before it is published, by itself: no place, no database."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.definitions.folder import Library
from adapters.definitions.publishing import scheme_findings
from adapters.spiff.schema import schema_findings
from engine.bundle import Bundle, read_bundle
from engine.form_check import form_findings
from engine.refusals import Finding, Invalid
from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.scheme import Scheme

__all__ = ["Library", "check_package", "check_scheme"]


def check_package(files: Mapping[str, bytes]) -> Bundle:
    """The package with its notes. Raises Invalid with every problem, the OMG schema's and those of the forms' formulas among them."""
    findings = schema_findings({name: content for name, content in files.items() if name.endswith(".bpmn")})
    try:
        bundle = read_bundle(files)
    except Invalid as invalid:
        raise Invalid([*invalid.findings, *findings]) from None
    package = bundle.package
    findings += [one for form in bundle.graphs.forms.values() for one in form_findings(form, package.declaration.keys, package.roles)]
    if any(one.severity == "error" for one in findings):
        raise Invalid([*bundle.notes, *findings])
    return replace(bundle, notes=(*bundle.notes, *findings))


def check_scheme(library: Library, bundle: Bundle, body: bytes, file: str, purpose: Any = "plan") -> tuple[Scheme, list[Finding]]:
    """The scheme and all findings, on the library's calendars. Raises Invalid when it is none at all."""
    years = [read_calendar_year(content, name) for name, content in library.calendars().items()]
    return scheme_findings(bundle, body, file, Calendar.of(years), purpose)

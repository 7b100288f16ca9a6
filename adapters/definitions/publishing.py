"""The checks before something is published that need more than its own file: schema, organisations, who holds the roles; stores nothing."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.bundle import Bundle
from engine.refusals import Finding
from engine.scheme.calendar import Calendar
from engine.scheme.check import check_scheme
from engine.scheme.scheme import Scheme, read_scheme
from engine.scheme.source import join

Vacant = Callable[[Iterable[str]], Iterable[str]]  # those of the candidates (`role@org`) that nobody holds


def scheme_findings(bundle: Bundle, body: bytes, file: str, calendar: Calendar, purpose: Any, organisations: frozenset[str] | None = None,
                    vacant: Vacant | None = None) -> tuple[Scheme, list[Finding]]:
    """The scheme and everything wrong or worth a look.

    Args:
        organisations, vacant: of the place it is published in; None: not checked (a file on its own).

    Raises: Invalid, when the file is no scheme at all.
    """
    return checked(bundle, read_scheme(body, file), calendar, purpose, organisations, vacant)


def checked(bundle: Bundle, scheme: Scheme, calendar: Calendar, purpose: Any, organisations: frozenset[str] | None = None,
            vacant: Vacant | None = None) -> tuple[Scheme, list[Finding]]:
    """The same for a scheme that was read already."""
    findings = [] if scheme.package == bundle.package.name else [scheme.finding("scheme.other_package", "package", package=scheme.package, expected=bundle.package.name)]
    filled = scheme.with_defaults(bundle.package.declaration)
    findings += check_scheme(filled, bundle.package.declaration, {"cn": calendar}, purpose, organisations)
    if vacant is not None:
        findings += vacancies(filled, vacant)
    return filled, findings


def vacancies(scheme: Scheme, vacant: Vacant) -> list[Finding]:
    """Posts that the scheme names and nobody holds: on that path work would wait for ever."""
    named = dict(_posts(scheme.values))
    empty = set(vacant(sorted(set(named.values()))))
    return [scheme.finding("scheme.vacant", path, candidate=candidate) for path, candidate in named.items() if candidate in empty]


def _posts(value: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Every mapping with `role` and `org` in a scheme, with its key path, as `role@org`."""
    if isinstance(value, Mapping):
        if isinstance(value.get("role"), str) and isinstance(value.get("org"), str):
            yield path, f"{value['role']}@{value['org']}"
        for key, one in value.items():
            yield from _posts(one, join(path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _posts(one, join(path, index))

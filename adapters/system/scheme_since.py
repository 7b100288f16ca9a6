"""What was published since a scheme draft was begun, and how the draft goes on from it; reads and stores nothing."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from adapters.database.publications import PublishedScheme
from adapters.database.working_copies import SchemeDraft
from engine.scheme.declaration import Declaration
from engine.scheme.scheme import Origin, Scheme, value_at

LIBRARY = "library:"  # before the name of a scheme that comes with the program


@dataclass(frozen=True, slots=True)
class Since:
    """A publication that the draft knows nothing of.

    `own`: it bears the draft's name, so that publishing the draft would undo it; else it is a newer version of the scheme that the draft was made from.
    `began`: what the draft was made from, as `sources` names it, where that is an earlier version of the same scheme; else empty.
    """

    newest: PublishedScheme
    own: bool
    began: str


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """The draft with the publication's changes. `taken`: keys that are theirs now; `check`: keys that a person has to look at."""

    scheme: Scheme
    taken: tuple[str, ...]
    check: tuple[str, ...]


def published_since(draft: SchemeDraft, published: Sequence[PublishedScheme], library: Mapping[str, str]) -> Since | None:
    """None while the draft is up to date. `published`: newest first; `library`: name → SHA-256 of the program's own schemes."""
    source, names = draft.source or "", {one.hash: one.name for one in published}
    began = source.removeprefix(LIBRARY) if source.startswith(LIBRARY) else names.get(source, "")
    known = library.get(began, "") if source.startswith(LIBRARY) else source
    for name in dict.fromkeys((draft.name, began)):
        newest = next((one for one in published if one.name == name), None)
        if newest is not None:
            return None if newest.hash in (known, sha256(draft.body).hexdigest()) else Since(newest, name == draft.name, source if name == began else "")
    return None


def caught_up(ours: Scheme, began: Scheme | None, theirs: Scheme, declaration: Declaration, take: bool) -> CaughtUp:
    """Key by key: what only they changed is taken (with `take`), what both changed stays as it is here and is to be looked at.

    `began` None: nothing is known of who changed what, so all that is different is to be looked at.
    """
    before = ours if began is None else began
    changed = [key for key in declaration.keys if _said(before, key) != _said(theirs, key)]
    open_ = [key for key in changed if began is None or not take or _said(ours, key) != _said(theirs, key)]
    taken = [key for key in open_ if take and began is not None and _said(ours, key) == _said(began, key)]
    made = ours
    for key in taken:
        made = with_key(made, key, theirs)
    if take and began is not None and ours.title == began.title:
        made = replace(made, title=theirs.title)
    check = [key for key in open_ if key not in taken and value_at(ours.values, key) is not None]
    return CaughtUp(made, tuple(taken), tuple(check))


def _said(scheme: Scheme, key: str) -> tuple[Any, Mapping[str, Origin]]:
    return value_at(scheme.values, key), _marks(scheme, key)


def _marks(scheme: Scheme, key: str) -> dict[str, Origin]:
    return {path: origin for path, origin in scheme.origins.items() if path == key or path.startswith(key + ".")}


def with_key(scheme: Scheme, key: str, other: Scheme) -> Scheme:
    """The scheme with what `other` says of one key, value and marks."""
    origins = {path: origin for path, origin in scheme.origins.items() if path not in _marks(scheme, key)} | _marks(other, key)
    return replace(scheme, values=put(scheme.values, key.split("."), value_at(other.values, key)), origins=origins, positions={})


def put(values: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    inner = values.get(first)
    if rest:
        return {**values, first: put(inner if isinstance(inner, Mapping) else {}, rest, value)}
    return {name: one for name, one in values.items() if name != first} if value is None else {**values, first: value}

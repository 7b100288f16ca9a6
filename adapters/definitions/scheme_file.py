"""Writes a scheme as the YAML that `engine/scheme` reads, and makes a new one out of an old; checks nothing.

Comments of the old file are not kept: values, marks and their order are.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from engine.scheme.declaration import Declaration, Parameter
from engine.scheme.scheme import EXAMPLE, Origin, Scheme, value_at
from forms.source import join

SHIFTED = "由上一年日期顺推，待核对"


def written(scheme: Scheme) -> bytes:
    """The file: `read_scheme` gives the same values and marks back."""
    head = {"scheme": scheme.id, "package": scheme.package, "title": scheme.title, "values": _marked(scheme, scheme.values, "")}
    text = yaml.dump(head, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100_000, default_flow_style=False)
    return str(text).encode()


def _marked(scheme: Scheme, value: Any, path: str) -> Any:
    inner: Any = value
    if isinstance(value, Mapping):
        inner = {key: _marked(scheme, one, join(path, key)) for key, one in value.items()}
    elif isinstance(value, list):
        inner = [_marked(scheme, one, join(path, index)) for index, one in enumerate(value)]
    origin = scheme.origins.get(path) if path else None
    if origin is None:
        return inner
    marks = {"origin": origin.origin, "clause": origin.clause, "quote": origin.quote, "note": origin.note}
    return {"value": inner, **{key: one for key, one in marks.items() if one}}


class _Dumper(yaml.SafeDumper):
    """Plain scalars only where our reader takes them for the same; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = bool(value) and (value[0].isalpha() or value[0] == "“") and value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}" if "." in f"{value:f}" else f"{value:f}.0"))
_Dumper.add_representer(date, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat()))


def next_year(scheme: Scheme, declaration: Declaration, id: str, title: str, years: int) -> tuple[Scheme, tuple[str, ...]]:
    """A scheme for a later campaign (or another place, `years` 0) and the keys that somebody has to look at, all that came along.

    Dates go `years` on, as proposals with a mark of their own. What the package declares as `yearly` (document number, invited people and bodies)
    does not come along.
    """
    values = _carried(scheme.values, declaration, "")
    origins = {path: origin for path, origin in scheme.origins.items() if _there(values, path)}
    made = replace(scheme, id=id, title=title, values=values, origins=origins, positions={}, file="", findings=())
    if years:
        made = _shifted(made, years)
    return made, tuple(key for key in declaration.keys if value_at(values, key) is not None)


def _there(values: Any, path: str) -> bool:
    return value_at(values, path) is not None


def _carried(values: Mapping[str, Any], declaration: Declaration, path: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in values.items():
        here = join(path, key)
        parameter = declaration.keys.get(here)
        if parameter is not None:
            if not parameter.yearly:
                kept[key] = _rows_carried(parameter, value)
        elif isinstance(value, Mapping):
            kept[key] = _carried(value, declaration, here)
        else:
            kept[key] = value
    return kept


def _rows_carried(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, list):
        return [_rows_carried(parameter, one) for one in value]
    if not isinstance(value, Mapping) or not parameter.fields:
        return value
    none = Parameter("", "text", "")
    return {key: _rows_carried(parameter.fields.get(key, none), one) for key, one in value.items() if not parameter.fields.get(key, none).yearly}


def _shifted(scheme: Scheme, years: int) -> Scheme:
    """Every date `years` on, on the same day of the same month (29 February becomes the 28th)."""
    origins = dict(scheme.origins)

    def on(value: Any, path: str) -> Any:
        if isinstance(value, date):
            origins[_leaf(path, scheme.origins)] = _proposal(scheme.origin_of(path))
            return _on(value, years)
        if isinstance(value, Mapping):
            return {key: on(one, join(path, key)) for key, one in value.items()}
        return [on(one, join(path, index)) for index, one in enumerate(value)] if isinstance(value, list) else value

    return replace(scheme, values=on(scheme.values, ""), origins=origins)


def _leaf(path: str, origins: Mapping[str, Origin]) -> str:
    while path and path not in origins:
        path = path.rpartition(".")[0]
    return path


def _proposal(origin: Origin | None) -> Origin:
    return Origin(EXAMPLE, origin.clause if origin else "", "", SHIFTED)


def _on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def without_proposals(scheme: Scheme, unreviewed: Collection[str]) -> Scheme:
    """The same without the note of a shifted date where somebody has looked at it."""
    def settled(path: str) -> bool:
        return not any(path == key or path.startswith(key + ".") for key in unreviewed)

    origins = {path: replace(one, note="") if one.note == SHIFTED and settled(path) else one for path, one in scheme.origins.items()}
    return replace(scheme, origins=origins)

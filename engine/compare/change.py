"""One difference between two versions: what kind it is, where, and the values; says nothing in words."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence's worth of difference.

    `element`: the id in a diagram, or the key path in a scheme or YAML file. `code` names the sentence, `details` its values:
    plain ones, names already looked up, values as they stand in the files.
    """

    kind: Kind
    code: str
    element: str = ""
    file: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def kind_of(old: object, new: object) -> Kind:
    """By what is there: nothing before is added, nothing after is removed."""
    if old is None:
        return "added"
    return "removed" if new is None else "changed"

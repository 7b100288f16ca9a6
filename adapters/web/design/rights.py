"""Who may open the pages of 设计: administrators work, auditors look, everybody else finds nothing."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from adapters.web.signed_in import Signed, Visitor
from engine.refusals import NotFound, Refused

ROLE = "administrator"


@dataclass(frozen=True, slots=True)
class Designer:
    """A visitor who may look at designs. `design`: adapters/system/design.py; `administers`: may change them."""

    visitor: Visitor
    design: Any
    administers: bool

    @property
    def place(self) -> str:
        return self.visitor.place.id

    @property
    def person(self) -> str:
        return self.visitor.person.id

    def name(self, person: str | None) -> str:
        return self.visitor.words.person(person) if person else ""


def reader(request: Request, visitor: Signed) -> Designer:
    """Raises NotFound for those who are neither administrator nor auditor."""
    holdings = visitor.holdings
    administers = any(each.role == ROLE for each in holdings)
    if not administers and not any(each.reach == "place" for each in holdings):
        raise NotFound("web.no_such_page")
    return Designer(visitor, request.app.state.design, administers)


Reading = Annotated[Designer, Depends(reader)]


def administrator(designer: Reading) -> Designer:
    """Raises Refused `design.read_only` for an auditor."""
    if not designer.administers:
        raise Refused("design.read_only")
    return designer


Administering = Annotated[Designer, Depends(administrator)]

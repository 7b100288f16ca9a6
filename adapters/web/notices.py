"""Public notices out of the register: only what the notice itself lists, with how and until when to object. Needs nobody signed in."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from adapters.web.ports import Row, System
from adapters.web.views import PublicNotice
from engine.scheme.scheme import EXAMPLE


def public_notices(system: System, place: str) -> list[PublicNotice]:
    """What a place has published or is publishing, newest first."""
    return [_notice(system, place, row) for row in system.public_notices(place)]


def _notice(system: System, place: str, row: Row) -> PublicNotice:
    """`row`: {campaign, package, scheme, status, data} of a register row of the kind `notice`."""
    scheme = system.published.scheme(place, row.package, row.scheme)
    data: Mapping[str, Any] = row.data
    named = [(str(each.get("code", "")), str(each.get("label", ""))) for each in data.get("published") or ()]
    rules = scheme.values.get("public_notice", {})
    origin = scheme.origin_of("public_notice.held")
    return PublicNotice(
        row.campaign, f"{scheme.title}人选公示", first=_day(data.get("starts")), last=_day(data.get("ends")), columns=("序号", "姓名", "单位", "登记号"),
        rows=tuple((str(n), row.names.get(code, ""), label.removeprefix(code).strip(), code) for n, (code, label) in enumerate(named, 1)), office=str(rules.get("office", "")),
        closed=row.status == "closed", by_default=origin is not None and origin.origin == EXAMPLE)


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else date.fromisoformat(value) if value else None

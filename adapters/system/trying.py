"""What an expression or a decision sees when it is tried out: functions, calendar and scheme of the library, without place or database."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.definitions.folder import Library
from adapters.system.root import ROOT
from engine.feel import Environment
from engine.scheme.calendar import Calendar, read_calendar_year
from engine.scheme.functions import DEFAULT_ZONE, host_functions
from engine.scheme.package import read_package
from engine.scheme.scheme import read_scheme


def scheme_values(package: str, scheme: str) -> Mapping[str, Any]:
    """The plain values of a scheme of the library, defaults included. Raises NotFound, Invalid."""
    library = Library(ROOT)
    declared = read_package(library.package(package)["package.yaml"], "package.yaml").declaration
    return read_scheme(library.scheme(package, scheme), f"schemes/{scheme}.yaml").with_defaults(declared).values


def environment(now: datetime, scheme: Mapping[str, Any]) -> Environment:
    """The functions that a diagram has at the moment `now` (naive: in the scheme's zone), with every calendar year of the library."""
    zone = ZoneInfo(str(scheme.get("zone") or DEFAULT_ZONE))
    moment = now if now.tzinfo else now.replace(tzinfo=zone)
    calendar = Calendar.of(read_calendar_year(body, name) for name, body in Library(ROOT).calendars().items())
    return Environment(moment, zone, host_functions(calendar, scheme, zone, moment))

"""What a publication lets start from outside — by message, signal or timer — on the package's newest version and the scheme published last."""
from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.database import starts
from adapters.database.connection import Transaction
from engine.bundle import Bundle
from engine.starts import armed
from engine.facts import GivenFacts
from engine.refusals import Finding
from engine.scheme.functions import DEFAULT_ZONE, host_functions
from engine.scheme.scheme import Scheme, read_scheme, value_at

if TYPE_CHECKING:
    from adapters.system.root import System


class Waiting:
    """The starts of one publication, worked out before it is stored; `arm` writes them in its transaction."""

    def __init__(self, system: System, place: str, bundle: Bundle, hash: str = "", scheme: Scheme | None = None) -> None:
        """`bundle`: the package being published, or that of the scheme being published (`hash`, `scheme`)."""
        self._place, self._bundle, self._scheme = place, bundle, hash
        if scheme is None:
            self._scheme, scheme = _last_scheme(system, place, bundle)
        else:
            self._bundle = bundle = _last_package(system, place, bundle)
        values = scheme.with_defaults(bundle.package.declaration).values if scheme is not None else {}
        now, calendar, self._zone = system.clock(place), system.calendar(place).arm(), str(values.get("zone") or DEFAULT_ZONE)
        self._org = str(value_at(values, "issuers.lead.org") or "")
        facts = GivenFacts(now, self._zone, values, calendar, host_functions(calendar, values, self._zone, now))
        self._armed, self._unarmed = armed(bundle.graphs.processes.values(), facts)

    def findings(self, severity: str) -> list[Finding]:
        """The timers that give no moment; none before there is a scheme, for that may give it."""
        return [Finding("start.no_moment", one.process.file, one.trigger.start, one.trigger.definition.line, severity,
                        {"process": one.process.name or one.process.id, "code": one.code}) for one in self._unarmed if self._scheme]

    def arm(self, transaction: Transaction) -> None:
        """Replaces what an earlier version or scheme of the package had armed."""
        starts.arm(transaction, self._place, self._bundle.package.name, self._bundle.hash, self._scheme, self._org, self._zone, self._armed)


def _last_package(system: System, place: str, bundle: Bundle) -> Bundle:
    newest = system.publications.packages(place, bundle.package.name)
    return bundle if not newest or newest[0].hash == bundle.hash else system.published.bundle(place, newest[0].hash)


def _last_scheme(system: System, place: str, bundle: Bundle) -> tuple[str, Scheme | None]:
    for published in system.publications.schemes(place, bundle.package.name):
        return published.hash, read_scheme(system.publications.scheme_body(place, published.hash), published.name)
    return "", None

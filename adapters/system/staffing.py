"""Who serves in a place: appoints to posts, ends appointments, closes accounts. Nobody decides here about themselves; who may decide at all is asked elsewhere."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters.database.people import REACHES, Holding
from adapters.database.people_import import store_roster
from adapters.identity.accounts import Account
from adapters.system.root import System
from engine.refusals import Conflict, NotFound, Refused

REACH = {"administrator": "heads", "auditor": "place"}  # what the house's own two need; everybody else sees their own tasks unless more is said


class Appointment(NamedTuple):
    """A row as a roster has it."""

    person: str
    org: str
    role: str
    title: str
    reach: str


@dataclass(frozen=True, slots=True)
class Service:
    """A person's standing. `account` None: none was ever opened; `in_hand`: tasks that only they can do now, because they claimed or were handed them."""

    person: str
    name: str
    posts: Sequence[Holding]
    account: Account | None
    in_hand: int


class Staffing:
    """For all places of one installation."""

    def __init__(self, system: System) -> None:
        self._system = system

    def of(self, place: str, person: str) -> Service:
        """Raises NotFound `web.no_such_person`."""
        people = self._system.people
        name = people.names(place, [person]).get(person)
        if name is None:
            raise NotFound("web.no_such_person")
        return Service(person, name, people.holdings(place, person), self._system.identity.account(place, person), people.in_hand(place, person))

    def appoint(self, place: str, person: str, org: str, role: str, roles: dict[str, str], reach: str, by: str) -> None:
        """The person holds the role at the organisation from now on. `roles`: code → label of those there are; `reach` empty: what the role needs.

        Raises: NotFound `web.no_such_person`; Refused `staffing.self`, `staffing.organisation`, `staffing.role`, `post.reach`; Conflict `staffing.held`.
        """
        held = self._other(place, person, by).posts
        if org not in {one.id for one in self._system.people.organisations(place)}:
            raise Refused("staffing.organisation", org=org)
        if role not in roles:
            raise Refused("staffing.role", role=role)
        reach = REACH.get(role, reach or REACHES[0])
        if reach not in REACHES:
            raise Refused("post.reach", reach=reach, allowed=list(REACHES))
        if any((one.org, one.role, one.reach) == (org, role, reach) for one in held):
            raise Conflict("staffing.held")
        store_roster(self._system.database, place, (), (), [Appointment(person, org, role, roles[role], reach)], by)

    def end(self, place: str, person: str, grant: str, by: str) -> None:
        """The person holds that post no longer; what was done under it stays. Raises NotFound `web.no_such_person`, `grant.unknown`; Refused `staffing.self`."""
        if grant not in {one.id for one in self._other(place, person, by).posts}:
            raise NotFound("grant.unknown", grant=grant)
        self._system.people.revoke(place, grant, by)

    def close_account(self, place: str, person: str, by: str) -> None:
        """The person can no longer sign in, and is signed out. Raises NotFound `web.no_such_person`; Refused `staffing.self`."""
        self._other(place, person, by)
        self._system.identity.close(place, person)

    def _other(self, place: str, person: str, by: str) -> Service:
        found = self.of(place, person)
        if person == by:
            raise Refused("staffing.self")
        return found

"""The people of a demo or rehearsal place that one click signs in as: one for each well-known role first, then all others."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from adapters.web.ports import Row, System
from adapters.web.views import Persona

# The roles offered first where nothing is prepared, as people of the office call them.
MAIN = (
    ("employer_clerk", "企业经办人"), ("channel_health", "区卫健局经办"), ("channel_union", "区总工会"), ("group_office", "市领导小组办公室"), ("judge", "评委"),
    ("administrator", "管理员"), ("auditor", "审计员"),
)
MOST = 500


Prepared = Callable[[str], Sequence[tuple[str, str]]]  # place → (person, label) as the demo's own file names them


def personas(system: System, prepared: Prepared, place: str) -> tuple[Sequence[Persona], Sequence[Persona]]:
    """(those offered first, everybody else with a post), for the sign-in page of a place that is no live one."""
    people = {each.id: each for each in sorted(system.queries.people(place, "", MOST), key=lambda each: each.id)}
    named = [(person, label) for person, label in prepared(place) if person in people] or _one_a_role(people.values())
    main = [_persona(people[person], label) for person, label in named]
    chosen = {each.user for each in main}
    return main, [_persona(each, each.posts[0][0]) for each in people.values() if each.posts and each.id not in chosen]


def _one_a_role(people: Iterable[Row]) -> list[tuple[str, str]]:
    listed = list(people)
    first = {role: next((each.id for each in listed if any(post[1] == role for post in each.posts)), "") for role, _ in MAIN}
    return [(first[role], label) for role, label in MAIN if first[role]]


def _persona(person: Row, label: str) -> Persona:
    return Persona(person.id, label, person.name, person.posts[0][2] if person.posts else "")


def offered(system: System, prepared: Prepared, place: str) -> set[str]:
    """The ids of all who may be chosen."""
    main, others = personas(system, prepared, place)
    return {each.user for each in (*main, *others)}
